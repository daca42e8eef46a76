/** The forms of a webhook itself: a new one, and its settings. */
import { Html } from "@elysiajs/html";
import type { FormField } from "../../settings/form-field.ts";
import { readWebhookSettings, type WebhookSettings } from "../../settings/webhook-settings.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { ActionButton, Button } from "../components/button.tsx";
import { TextField } from "../components/field-row.tsx";
import { FieldSections } from "../components/field-sections.tsx";
import { ManualLink } from "../components/manual-link.tsx";
import type { FieldErrors, FormInput } from "../forms.ts";
import { Layout } from "../layout.tsx";
import { ManagedNote } from "../managed/managed-views.tsx";
import { SeenVersion } from "../managed/seen-version.tsx";
import type { Viewer } from "../viewer.ts";
import { crumbsWithin, LIST_CRUMB } from "./crumbs.ts";
import { FormFaults } from "./form-faults.tsx";
import { auditPath, LIST_PATH, NEW_PATH, noticesPath, webhookPath, webhookPortalPath } from "./paths.ts";

type FormProps = Readonly<{
  viewer: Viewer;
  fields: readonly FormField[];
  /** The typed texts, where the form comes back with its faults. */
  typed: FormInput | undefined;
  errors: FieldErrors;
}>;

export function NewWebhookPage(props: FormProps): JSX.Element {
  return (
    <Layout title="New webhook" viewer={props.viewer} section="sources" crumbs={[LIST_CRUMB]}>
      <section class="card card-narrow">
        <h1>New webhook</h1>
        <p class="muted">It comes with a URL that is ready to receive events. Add targets next.</p>
        <form class="form" method="post" action={NEW_PATH}>
          <Fields {...props} name="" externalId={null} settings={readWebhookSettings(null)} isNew />
          <div class="form-actions">
            <Button kind="primary" label="Create webhook" />
            <Button label="Cancel" href={LIST_PATH} />
          </div>
        </form>
      </section>
    </Layout>
  );
}

export function EditWebhookPage(props: FormProps & Readonly<{ webhook: Webhook }>): JSX.Element {
  const { webhook, viewer } = props;
  const path = webhookPath(webhook.id);
  return (
    <Layout title="Settings" viewer={viewer} section="sources" crumbs={crumbsWithin(webhook)}>
      <section class="card card-narrow">
        <h1>Settings</h1>
        <ManualLink to="webhooks#settings" />
        <ManagedNote of={webhook} what="webhook" />
        <form class="form" method="post" action={`${path}/edit`}>
          <SeenVersion of={webhook} typed={props.typed} />
          <Fields
            {...props}
            name={webhook.name}
            externalId={webhook.externalId}
            settings={webhook.settings}
          />
          <div class="form-actions">
            <Button kind="primary" label="Save" />
            <Button label="Cancel" href={path} />
          </div>
        </form>
      </section>
      <section class="card card-narrow card-row">
        <div>
          <h2>Notices</h2>
          <p class="muted">
            {webhook.settings.notices === null
              ? "Notices are off: you get no message when a target fails or an entrypoint falls silent."
              : "A message is sent when a problem starts and when it's resolved."}
          </p>
        </div>
        <Button label="Change" describe="Change notices" href={noticesPath(webhook.id)} />
      </section>
      <section class="card card-narrow card-row">
        <div>
          <h2>Portal</h2>
          <p class="muted">Pages on which a customer manages targets of this webhook, without an account.</p>
        </div>
        <Button
          label="Open"
          describe="Open the page about this webhook’s portal"
          href={webhookPortalPath(webhook.id)}
        />
      </section>
      {webhook.managedBy !== null && (
        <section class="card card-narrow card-row">
          <div>
            <h2>Configuration file</h2>
            <p class="muted">
              A file manages this webhook, its entrypoints or its targets. If there is no such file any more,
              end that: nothing else changes.
            </p>
          </div>
          <ActionButton
            label="Stop managing"
            describe="Stop managing this webhook by a file"
            action={`${path}/unmanage`}
          />
        </section>
      )}
      <section class="card card-narrow card-row">
        <div>
          <h2>Audit log</h2>
          <p class="muted">Who changed this webhook, its entrypoints and its targets.</p>
        </div>
        <Button label="Show" describe="Show the audit log of this webhook" href={auditPath(webhook.id)} />
      </section>
      <section class="card card-narrow card-row">
        <div>
          <h2>Delete this webhook</h2>
          <p class="muted">Also deletes its events, entrypoints and targets. You'll be asked to confirm.</p>
        </div>
        <Button
          kind="danger"
          icon="trash"
          label="Delete…"
          describe="Delete this webhook"
          href={`${path}/delete`}
        />
      </section>
    </Layout>
  );
}

function Fields({
  fields,
  name,
  externalId,
  settings,
  typed,
  errors,
  isNew,
}: FormProps &
  Readonly<{
    name: string;
    externalId: string | null;
    settings: WebhookSettings;
    isNew?: boolean;
  }>): JSX.Element {
  return (
    <>
      <FormFaults errors={errors} shown={["name", "external_id", ...fields.map((field) => field.name)]} />
      <TextField
        name="name"
        label="Name"
        value={typed === undefined ? name : typed.name}
        error={errors.name}
        help="The sender or the purpose."
        placeholder="Shop orders"
        required
        maxlength={200}
        autofocus={isNew}
      />
      <TextField
        name="external_id"
        label="External id"
        value={typed === undefined ? (externalId ?? "") : typed.external_id}
        error={errors.external_id}
        help="Your own id of it, such as that of your customer. Programs address the webhook by it as ext:ID."
        maxlength={128}
        optional
      />
      <FieldSections
        fields={fields}
        values={settings}
        typed={typed}
        errors={errors}
        defaults={readWebhookSettings(null)}
      />
    </>
  );
}
