/** Two events of a webhook side by side, the older one first. */
import { Html } from "@elysiajs/html";
import type { StoredEvent } from "../../../storage/event-db/types.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { Button } from "../../components/button.tsx";
import { Card, EmptyState, PageHeader } from "../../components/card.tsx";
import { Time } from "../../components/values.tsx";
import { Layout } from "../../layout.tsx";
import { attribute } from "../../render.ts";
import type { Flash, Viewer } from "../../viewer.ts";
import { crumbsWithin } from "../../webhooks/crumbs.ts";
import { logPath } from "../../webhooks/paths.ts";
import { eventPath } from "../paths.ts";
import { RequestDiff } from "../transformations/request-diff.tsx";

type CompareProps = Readonly<{
  viewer: Viewer;
  flash: Flash | null;
  webhook: Webhook;
  /** Null if not exactly two events were chosen. */
  pair: readonly [older: StoredEvent, newer: StoredEvent] | null;
}>;

export function ComparePage({ viewer, flash, webhook, pair }: CompareProps): JSX.Element {
  return (
    <Layout
      title="Compare events"
      tabTitle={`Compare events · ${webhook.name}`}
      viewer={viewer}
      section="sources"
      flash={flash}
      wide
      crumbs={[...crumbsWithin(webhook), { href: logPath(webhook.id), label: "Events" }]}
    >
      <PageHeader title="Compare events" />
      {pair === null ? (
        <EmptyState title="Not two events" text="Select two events in the log to compare them.">
          <Button label="Back to the log" href={logPath(webhook.id)} />
        </EmptyState>
      ) : (
        <Card>
          <p class="muted">
            <EventLink webhookId={webhook.id} event={pair[0]} /> and{" "}
            <EventLink webhookId={webhook.id} event={pair[1]} />
          </p>
          <RequestDiff
            before={pair[0]}
            after={pair[1]}
            titles={["Older event", "Newer event"]}
            label="Both requests, line by line"
          />
        </Card>
      )}
    </Layout>
  );
}

function EventLink({ webhookId, event }: { webhookId: string; event: StoredEvent }): JSX.Element {
  return (
    <a href={attribute(eventPath(webhookId, event.id))}>
      <bdi safe>{event.type ?? event.method}</bdi> of <Time at={event.receivedAt} />
    </a>
  );
}
