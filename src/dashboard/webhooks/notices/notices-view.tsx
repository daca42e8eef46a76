/** The page of a webhook's notice settings. */
import { Html } from "@elysiajs/html";
import { PROBLEM_KINDS, PROBLEM_LABELS } from "../../../settings/notice-settings.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { ActionButton, Button } from "../../components/button.tsx";
import { SelectField, TextField } from "../../components/field-row.tsx";
import { CheckboxField } from "../../components/form-fields.tsx";
import { Icon } from "../../components/icon.tsx";
import { ManualLink } from "../../components/manual-link.tsx";
import type { FieldErrors, FormInput } from "../../forms.ts";
import { Layout } from "../../layout.tsx";
import { ManagedNote } from "../../managed/managed-views.tsx";
import { SeenVersion } from "../../managed/seen-version.tsx";
import type { Flash, Viewer } from "../../viewer.ts";
import { crumbsWithin } from "../crumbs.ts";
import { FormFaults } from "../form-faults.tsx";
import { noticesPath, webhookPath } from "../paths.ts";
import { problemField } from "./notices-input.ts";

type Props = Readonly<{
  viewer: Viewer;
  flash: Flash | null;
  webhook: Webhook;
  /** The user's targets that can receive notices. */
  targets: readonly Readonly<{ value: string; label: string }>[];
  sendsMail: boolean;
  values: FormInput;
  errors: FieldErrors;
}>;

const MAIL_HELP = "It gets an e-mail when a problem starts and when it's resolved.";
const NO_MAIL_HELP =
  "This server cannot send e-mail yet: its operator must set SMTP_URL and MAIL_FROM. Until then choose a target.";

export function NoticesPage(props: Props): JSX.Element {
  const { viewer, flash, webhook, targets, sendsMail, values, errors } = props;
  const path = noticesPath(webhook.id);
  return (
    <Layout title="Notices" viewer={viewer} section="sources" crumbs={crumbsWithin(webhook)} flash={flash}>
      <section class="card card-narrow">
        <h1>Notices</h1>
        <ManualLink to="notices" />
        <ManagedNote of={webhook} what="webhook" />
        <p class="muted">
          Get one message when a problem starts and one when it's resolved. Leave target and e-mail empty to
          turn notices off.
        </p>
        <form class="form" method="post" action={path}>
          <SeenVersion of={webhook} typed={values} />
          <FormFaults errors={errors} shown={["target_id", "email", "on"]} />
          <SelectField
            name="target_id"
            label="Through a target"
            value={values.target_id}
            error={errors.target_id}
            help="For example a chat’s incoming webhook. Notices are not events: they are not stored, and not sent to other targets."
            options={[{ value: "", label: "none" }, ...targets]}
            optional
          />
          <TextField
            name="email"
            label="By e-mail"
            value={values.email}
            error={errors.email}
            help={sendsMail ? MAIL_HELP : NO_MAIL_HELP}
            placeholder="ops@example.com"
            maxlength={254}
            optional
          />
          <fieldset class="field">
            <legend>When</legend>
            {PROBLEM_KINDS.map((kind) => (
              <CheckboxField
                name={problemField(kind)}
                label={PROBLEM_LABELS[kind]}
                help={
                  kind === "entrypoint_silent"
                    ? "Compared with its usual pattern (needs a week of events)."
                    : undefined
                }
                error={undefined}
                idPrefix={undefined}
                checked={values[problemField(kind)] !== undefined}
              />
            ))}
            {errors.on !== undefined && (
              <p class="field-error">
                <Icon name="alert" />
                <span>Choose at least one.</span>
              </p>
            )}
          </fieldset>
          <div class="form-actions">
            <Button kind="primary" label="Save" />
            <Button label="Cancel" href={webhookPath(webhook.id)} />
          </div>
        </form>
      </section>
      {webhook.settings.notices !== null && (
        <section class="card card-narrow card-row">
          <div>
            <h2>Try it</h2>
            <p class="muted">The test notice uses the saved settings.</p>
          </div>
          <ActionButton icon="send" label="Send test notice" action={`${path}/test`} />
        </section>
      )}
    </Layout>
  );
}
