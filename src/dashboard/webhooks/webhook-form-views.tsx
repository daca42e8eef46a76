/** The forms of a webhook itself: a new one, and its settings. */
import { Html } from "@elysiajs/html";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { Button } from "../components/button.tsx";
import { TextField } from "../components/field-row.tsx";
import type { FieldErrors, FormInput } from "../forms.ts";
import { Layout } from "../layout.tsx";
import type { Viewer } from "../viewer.ts";
import { crumbsWithin, LIST_CRUMB } from "./crumbs.ts";
import { FormFaults } from "./form-faults.tsx";
import { LIST_PATH, NEW_PATH, noticesPath, webhookPath } from "./paths.ts";

type FormProps = Readonly<{
  viewer: Viewer;
  values: FormInput;
  errors: FieldErrors;
  /** The server's default. */
  retentionDays: number;
}>;

export function NewWebhookPage(props: FormProps): JSX.Element {
  return (
    <Layout title="New webhook" viewer={props.viewer} section="sources" crumbs={[LIST_CRUMB]}>
      <section class="card card-narrow">
        <h1>New webhook</h1>
        <p class="muted">It comes with a URL that is ready to receive events. Add targets next.</p>
        <form class="form" method="post" action={NEW_PATH}>
          <Fields {...props} isNew />
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
        <form class="form" method="post" action={`${path}/edit`}>
          <Fields {...props} />
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
            {webhook.notices === null
              ? "Notices are off: you get no message when a target fails or an entrypoint falls silent."
              : "A message is sent when a problem starts and when it's resolved."}
          </p>
        </div>
        <Button label="Change" describe="Change notices" href={noticesPath(webhook.id)} />
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

function Fields({ values, errors, retentionDays, isNew }: FormProps & { isNew?: boolean }): JSX.Element {
  return (
    <>
      <FormFaults errors={errors} shown={["name", "retention_days", "retention_bytes"]} />
      <TextField
        name="name"
        label="Name"
        value={values.name}
        error={errors.name}
        help="The sender or the purpose."
        placeholder="Shop orders"
        required
        maxlength={200}
        autofocus={isNew}
      />
      <TextField
        name="retention_days"
        label="Days to keep events"
        type="number"
        min={1}
        max={36_500}
        value={values.retention_days}
        error={errors.retention_days}
        help={`Leave empty for the server default (${retentionDays} days). An event that is not delivered is kept twice as long; then its deliveries are discarded with that reason, and it is deleted a day later.`}
        placeholder={String(retentionDays)}
        optional
      />
      <TextField
        name="retention_bytes"
        label="Storage limit"
        value={values.retention_bytes}
        error={errors.retention_bytes}
        help="For example 500 MB or 2 GB. Leave empty for no limit. Above it the oldest events are deleted first, even before their time, but never one that is not yet delivered."
        placeholder="no limit"
        maxlength={30}
        optional
      />
    </>
  );
}
