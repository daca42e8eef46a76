/** The page that confirms discarding held deliveries, and asks for a reason to store with them. */
import { Html } from "@elysiajs/html";
import type { Target } from "../../../webhooks/targets.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { Button } from "../../components/button.tsx";
import { TextField } from "../../components/field-row.tsx";
import { formatCount } from "../../components/format.ts";
import { Layout } from "../../layout.tsx";
import type { Viewer } from "../../viewer.ts";
import { crumbsWithin } from "../crumbs.ts";
import { targetPath, webhookPath } from "../paths.ts";

export function DiscardHeldPage(props: {
  viewer: Viewer;
  webhook: Webhook;
  target: Target;
  /** Null if the event file cannot be used. */
  held: number | null;
  maxReason: number;
}): JSX.Element {
  const { viewer, webhook, target, held, maxReason } = props;
  return (
    <Layout title="Discard" viewer={viewer} section="sources" crumbs={crumbsWithin(webhook)}>
      <section class="card card-narrow">
        <h1 safe>{`Discard deliveries on hold for “${target.name}”?`}</h1>
        <div class="prose">
          <p safe>
            {held === null
              ? "The number of deliveries on hold is unknown: the event file cannot be used now."
              : `${formatCount(held, "held delivery is", "held deliveries are")} discarded and not sent.`}
          </p>
          <p class="muted">Their events stay in the log, and you can replay them as long as they are kept.</p>
        </div>
        <form class="form" method="post" action={`${targetPath(target)}/discard-held`}>
          <TextField
            name="reason"
            label="Reason"
            help="Stored with each delivery."
            maxlength={maxReason}
            optional
          />
          <div class="form-actions">
            <Button kind="danger" icon="trash" label="Discard deliveries" />
            <Button label="Cancel" href={webhookPath(webhook.id)} />
          </div>
        </form>
      </section>
    </Layout>
  );
}
