/** The page that sends an event to one of a webhook's entrypoints: from a sample, or an edited copy of a stored event. */
import { Html } from "@elysiajs/html";
import type { Entrypoint } from "../../webhooks/entrypoints.ts";
import { SENDABLE_METHODS } from "../../webhooks/own-event-input.ts";
import type { Target } from "../../webhooks/targets.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { Button } from "../components/button.tsx";
import { Card, EmptyState, PageHeader } from "../components/card.tsx";
import { SelectField, TextField } from "../components/field-row.tsx";
import { TextArea } from "../components/form-fields.tsx";
import { eventPath } from "../events/paths.ts";
import type { FieldErrors } from "../forms.ts";
import { Layout } from "../layout.tsx";
import { attribute } from "../render.ts";
import type { Flash, Viewer } from "../viewer.ts";
import { crumbsWithin } from "../webhooks/crumbs.ts";
import { FormFaults } from "../webhooks/form-faults.tsx";
import { webhookPath } from "../webhooks/paths.ts";
import { sendPath } from "./paths.ts";
import type { Sample } from "./sample.ts";
import type { Filled } from "./send-form.ts";

export type SendProps = Readonly<{
  viewer: Viewer;
  flash: Flash | null;
  webhook: Webhook;
  /** Enabled ones only. */
  entrypoints: readonly Entrypoint[];
  targets: readonly Target[];
  /** Names an entrypoint's verification; null without one. */
  verificationOf: (entrypoint: Entrypoint) => string | null;
  samples: readonly Sample[];
  /** Id of the sample that the form is filled with; "" for none. */
  sample: string;
  filled: Filled;
  errors: FieldErrors;
}>;

const SHOWN = ["entrypoint_id", "method", "path", "query", "headers", "body", "target_id"];

export function SendPage(props: SendProps): JSX.Element {
  const { viewer, flash, webhook, entrypoints, filled } = props;
  const isCopy = filled.copy_of !== "";
  return (
    <Layout
      title={isCopy ? "Edit and send again" : "Send an event"}
      tabTitle={`Send an event · ${webhook.name}`}
      viewer={viewer}
      section="sources"
      flash={flash}
      crumbs={crumbsWithin(webhook)}
    >
      <PageHeader
        title={isCopy ? "Edit and send again" : "Send an event"}
        lead={
          isCopy
            ? "The event is stored as a new one, and marked as a copy of the one it was made from. That one is not changed."
            : "The event is received, stored and delivered like any sender’s."
        }
        manual="sending"
      />
      {entrypoints.length === 0 ? (
        <EmptyState title="No enabled entrypoint" text="Add or enable one to send an event to it.">
          <Button label="Back to the webhook" href={webhookPath(webhook.id)} />
        </EmptyState>
      ) : (
        <div class="stack">
          {!isCopy && <SampleCard {...props} />}
          <RequestCard {...props} />
        </div>
      )}
    </Layout>
  );
}

function SampleCard({ webhook, samples, sample, filled }: SendProps): JSX.Element {
  return (
    <Card title="Begin with a sample">
      <form class="form-inline" method="get" action={sendPath(webhook.id)}>
        <input type="hidden" name="entrypoint" value={attribute(filled.entrypoint)} />
        <input type="hidden" name="target" value={attribute(filled.target)} />
        <SelectField
          name="sample"
          label="Sample"
          value={sample}
          options={samples.map(({ id, label }) => ({ value: id, label }))}
        />
        <Button label="Fill in the sample" />
      </form>
    </Card>
  );
}

function RequestCard(props: SendProps): JSX.Element {
  const { webhook, entrypoints, targets, verificationOf, filled, errors } = props;
  return (
    <Card title="Request">
      <form class="form" method="post" action={sendPath(webhook.id)}>
        <FormFaults errors={errors} shown={[...SHOWN, ...Object.keys(errors).filter(isOfHeaders)]} />
        <SelectField
          name="entrypoint"
          label="Entrypoint"
          value={filled.entrypoint}
          error={errors.entrypoint_id}
          help="If it verifies its sender, the request is signed with its secret where that can be done here. Otherwise it is stored unsigned, because you sent it."
          options={entrypoints.map((entrypoint) => {
            const verification = verificationOf(entrypoint);
            const label = verification === null ? entrypoint.name : `${entrypoint.name} (${verification})`;
            return { value: entrypoint.id, label };
          })}
        />
        <SelectField
          name="target"
          label="Deliver to"
          value={filled.target}
          error={errors.target_id}
          options={[
            { value: "", label: "All targets that want it" },
            ...targets.map(({ id, name }) => ({
              value: id,
              label: `Only ${name}, whatever its filter says`,
            })),
          ]}
        />
        <SelectField
          name="method"
          label="Method"
          value={filled.method}
          error={errors.method}
          options={SENDABLE_METHODS.map((method) => ({ value: method, label: method }))}
        />
        <TextField
          name="path"
          label="Path"
          help="After the entrypoint’s URL, such as /orders."
          value={filled.path}
          error={errors.path}
          maxlength={4_000}
          optional
        />
        <TextField
          name="query"
          label="Query"
          value={filled.query}
          error={errors.query}
          placeholder="shop=7&lang=en"
          maxlength={8_000}
          optional
        />
        <TextArea
          name="headers"
          label="Headers"
          help="One on each line: Name: value. The signature is added."
          value={filled.headers}
          error={headerFault(errors)}
          placeholder={undefined}
          optional
        />
        {filled.body === null ? (
          <p class="muted" id="kept-body">
            The body cannot be edited here, because it is long, compressed or no plain text. It is sent as it
            was.
          </p>
        ) : (
          <TextArea
            name="body"
            label="Body"
            value={filled.body}
            error={errors.body}
            placeholder={undefined}
            rows={14}
            optional
          />
        )}
        <input type="hidden" name="copy_of" value={attribute(filled.copy_of)} />
        <div class="form-actions">
          <Button kind="primary" icon="send" label="Send event" />
          <Button
            label="Cancel"
            href={filled.copy_of === "" ? webhookPath(webhook.id) : eventPath(webhook.id, filled.copy_of)}
          />
        </div>
      </form>
    </Card>
  );
}

const isOfHeaders = (path: string) => path.startsWith("headers.");

/** The first fault in a header, with its line. */
function headerFault(errors: FieldErrors): string | undefined {
  const path = Object.keys(errors).find(isOfHeaders);
  const line = Number(path?.split(".")[1]) + 1;
  return path === undefined ? errors.headers : `Header ${line}: ${errors[path]}`;
}
