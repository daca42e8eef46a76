/** The heading of an event's page: its request, where it comes from, and what can be done with it. */
import { Html } from "@elysiajs/html";
import { isId } from "../../lib/ids.ts";
import { PUBLISHED } from "../../settings/published-events.ts";
import type { EventOrigin } from "../../storage/event-db/event-log.ts";
import type { StoredEvent } from "../../storage/event-db/types.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { ActionButton, Button } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { Time } from "../components/values.tsx";
import { attribute } from "../render.ts";
import { sendPath } from "../send/paths.ts";
import { CopyMenu } from "./copy/copy-menu.tsx";
import { RequestLine } from "./event-row.tsx";
import type { Neighbours } from "./neighbours.ts";
import { copyPath, eventPath, replayPath } from "./paths.ts";

export type EventHeaderProps = Readonly<{
  webhook: Webhook;
  event: StoredEvent;
  deliveryCount: number;
  /** Time of receipt of an event that was first rejected and accepted on re-check; else null. */
  firstReceivedAt: number | null;
  /** Null for an event that came from a sender. */
  origin: EventOrigin | null;
  neighbours: Neighbours;
  /** Filter of the log that led here. */
  query: string;
}>;

export function EventHeader(props: EventHeaderProps): JSX.Element {
  const { webhook, event, deliveryCount, firstReceivedAt, neighbours, query } = props;
  const line = <RequestLine method={event.method} pathTail={event.pathTail} query={event.query} />;
  return (
    <div class="page-header">
      <div class="event-title">
        <h1>{event.type === null ? line : <bdi safe>{event.type}</bdi>}</h1>
        {event.type !== null && line}
        <p class="muted">
          {firstReceivedAt === null ? (
            "received "
          ) : (
            <>
              rejected <Time at={firstReceivedAt} />, accepted on re-check{" "}
            </>
          )}
          <Time at={event.receivedAt} />
          <Origin {...props} />
        </p>
      </div>
      <div class="page-actions">
        <nav class="neighbours" aria-label="Events next to this one">
          <Neighbour
            id={neighbours.newerId}
            label="Newer"
            icon="back"
            shortcut="["
            webhook={webhook}
            query={query}
          />
          <Neighbour
            id={neighbours.olderId}
            label="Older"
            icon="arrow"
            shortcut="]"
            webhook={webhook}
            query={query}
          />
        </nav>
        {event.entrypointId !== PUBLISHED && (
          <CopyMenu hrefOf={(as) => copyPath({ webhookId: webhook.id, eventId: event.id, as })} />
        )}
        <Button icon="edit" label="Edit and send again" href={sendPath(webhook.id, { event: event.id })} />
        <ActionButton
          kind="primary"
          icon="replay"
          label={deliveryCount > 1 ? "Replay to all" : "Replay"}
          describe="Replay to all active targets"
          shortcut="r"
          action={replayPath(webhook.id, event.id, query)}
        />
      </div>
    </div>
  );
}

function Origin({ webhook, event, origin }: EventHeaderProps): JSX.Element {
  if (event.entrypointId === PUBLISHED) return ", published by a program";
  if (origin === null) return "";
  const { copyOf } = origin;
  if (copyOf === null || !isId(copyOf)) return ", sent by a user";
  return (
    <>
      , sent by a user as an{" "}
      <a href={attribute(eventPath(webhook.id, copyOf))}>edited copy of another event</a>
    </>
  );
}

function Neighbour(
  props: Readonly<{
    id: string | null;
    label: string;
    icon: "back" | "arrow";
    shortcut: "[" | "]";
    webhook: Webhook;
    query: string;
  }>,
): JSX.Element {
  const { id, label, icon, shortcut, webhook, query } = props;
  if (id === null) {
    return (
      <span class="button button-plain button-off" aria-disabled="true">
        <Icon name={icon} />
        <span safe>{label}</span>
      </span>
    );
  }
  return (
    <Button
      icon={icon}
      label={label}
      shortcut={shortcut}
      describe={`${label} event`}
      href={eventPath(webhook.id, id, query)}
    />
  );
}
