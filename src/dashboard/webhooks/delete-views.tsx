/** The page that confirms the deletion of a webhook and lists exactly what is lost. */
import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import { TextField } from "../components/field-row.tsx";
import { formatBytes, formatCount } from "../components/format.ts";
import type { FieldErrors } from "../forms.ts";
import { Layout } from "../layout.tsx";
import type { Viewer } from "../viewer.ts";
import { crumbsWithin } from "./crumbs.ts";
import { webhookPath } from "./paths.ts";
import type { WebhookState } from "./webhook-state.ts";

type Props = Readonly<{
  viewer: Viewer;
  state: WebhookState;
  /** Null if the event file cannot be used. */
  eventCount: number | null;
  errors: FieldErrors;
}>;

export function DeleteWebhookPage({ viewer, state, eventCount, errors }: Props): JSX.Element {
  const { webhook } = state;
  const path = webhookPath(webhook.id);
  return (
    <Layout title="Delete" viewer={viewer} section="sources" crumbs={crumbsWithin(webhook)}>
      <section class="card card-narrow">
        <h1 safe>{`Delete “${webhook.name}”?`}</h1>
        <div class="prose">
          <p>This cannot be undone. This will be permanently deleted:</p>
          <Losses state={state} eventCount={eventCount} />
          <p class="muted">Senders get 404 from then on.</p>
        </div>
        <form class="form" method="post" action={`${path}/delete`}>
          <TextField
            name="confirm_name"
            label="Type the webhook’s name to confirm"
            help={`It is: ${webhook.name}`}
            error={errors.confirm_name}
            required
          />
          <div class="form-actions">
            <Button kind="danger" icon="trash" label="Delete webhook" />
            <Button label="Cancel" href={path} />
          </div>
        </form>
      </section>
    </Layout>
  );
}

function Losses({ state, eventCount }: Pick<Props, "state" | "eventCount">): JSX.Element {
  const { entrypoints, targets, file } = state;
  const counts = file.fault === null ? file.overview.counts : null;
  return (
    <ul class="losses">
      {file.fault !== null || eventCount === null ? (
        <li>its event file, which cannot be read now: the number of its events is unknown</li>
      ) : (
        <li>
          <strong safe>{formatCount(eventCount, "event")}</strong>{" "}
          <span safe>{`with their deliveries and results (${formatBytes(file.overview.fileBytes)})`}</span>
        </li>
      )}
      {counts !== null && (
        <li class={counts.pending + counts.held > 0 ? "text-bad" : undefined}>
          <strong safe>
            {formatCount(counts.pending + counts.held, "pending delivery", "pending deliveries")}
          </strong>{" "}
          {counts.pending + counts.held === 1 ? "that is never sent" : "that are never sent"}
        </li>
      )}
      <li>
        <strong safe>{formatCount(entrypoints.length, "entrypoint")}</strong>
        {entrypoints.length === 1 ? " and its URL" : " and their URLs"}
      </li>
      <li>
        <strong safe>{formatCount(targets.length, "target")}</strong>
        {targets.length === 1 ? " with its settings and secrets" : " with their settings and secrets"}
      </li>
    </ul>
  );
}
