/** One event: what came, and what became of it. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { StoredEvent } from "../../storage/event-db/types.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { Badge } from "../components/badge.tsx";
import { ActionButton, Button } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { Notice } from "../components/flash-line.tsx";
import { formatCount } from "../components/format.ts";
import { Icon } from "../components/icon.tsx";
import { Bytes, CopyButton, Time } from "../components/values.tsx";
import { Layout } from "../layout.tsx";
import { attribute } from "../render.ts";
import { LIST_PATH, logPath, webhookPath } from "../sources/paths.ts";
import type { Fault } from "../sources/webhook-state.ts";
import type { Flash, Viewer } from "../viewer.ts";
import type { BodyPicture } from "./body-picture.ts";
import { BodyView, bodyKind } from "./body-view.tsx";
import { NameOf, RequestLine } from "./event-row.tsx";
import { HeaderTable } from "./header-table.tsx";
import type { Named } from "./names.ts";
import type { Neighbours } from "./neighbours.ts";
import { bodyPath, curlPath, eventPath, replayPath } from "./paths.ts";
import { type DeliveryProps, DeliveryView } from "./timeline.tsx";

export type EventPageProps = Readonly<{
  viewer: Viewer;
  flash: Flash | null;
  webhook: Webhook;
  event: StoredEvent;
  entrypoint: Named;
  picture: BodyPicture;
  /** More of the body than the page shows at first is asked for. */
  isLong: boolean;
  deliveries: readonly DeliveryProps[];
  /** A try is due so soon that waiting for it on the page makes sense. */
  isUnderWay: boolean;
  neighbours: Neighbours;
  /** The filter of the log that led here. */
  query: string;
}>;

export function EventPage(props: EventPageProps): JSX.Element {
  const { webhook, event, query } = props;
  return (
    <EventFrame {...props}>
      <EventHeader {...props} />
      <div class="event-columns">
        <Deliveries {...props} />
        <div class="event-request">
          <Facts {...props} />
          <BodyCard {...props} />
          <Card title="Headers">
            <HeaderTable headers={event.headers} caption="Request headers" />
          </Card>
        </div>
      </div>
      <p class="event-back">
        <a href={attribute(`${logPath(webhook.id)}${query}`)}>Back to all events</a>
      </p>
    </EventFrame>
  );
}

export function UnusableEventPage(
  props: Readonly<{ viewer: Viewer; flash: Flash | null; webhook: Webhook; query: string; fault: Fault }>,
): JSX.Element {
  return (
    <EventFrame {...props}>
      <h1>Event</h1>
      <Notice tone="bad" text={props.fault.message} hint={props.fault.hint ?? undefined} />
    </EventFrame>
  );
}

function EventFrame(
  props: PropsWithChildren<{ viewer: Viewer; flash: Flash | null; webhook: Webhook; query: string }>,
): JSX.Element {
  const { viewer, flash, webhook, query, children } = props;
  return (
    <Layout
      title="Event"
      viewer={viewer}
      section="sources"
      flash={flash}
      wide
      crumbs={[
        { href: LIST_PATH, label: "Webhooks" },
        { href: webhookPath(webhook.id), label: webhook.name },
        { href: `${logPath(webhook.id)}${query}`, label: "Events" },
      ]}
    >
      {children}
    </Layout>
  );
}

function EventHeader({ webhook, event, deliveries, neighbours, query }: EventPageProps): JSX.Element {
  return (
    <div class="page-header">
      <div class="event-title">
        <h1>
          <RequestLine method={event.method} pathTail={event.pathTail} query={event.query} />
        </h1>
        <p class="muted">
          received <Time at={event.receivedAt} />
        </p>
      </div>
      <div class="page-actions">
        <nav class="neighbours" aria-label="Events next to this one">
          <Neighbour id={neighbours.newerId} label="Newer" icon="back" {...{ webhook, query }} />
          <Neighbour id={neighbours.olderId} label="Older" icon="arrow" {...{ webhook, query }} />
        </nav>
        {/* With scripts it copies what it leads to. */}
        <a
          class="button button-plain"
          href={attribute(curlPath(webhook.id, event.id))}
          hx-boost="false"
          data-copy-from
        >
          <Icon name="copy" />
          <span data-copy-label>Copy as curl</span>
        </a>
        <ActionButton
          kind="primary"
          icon="replay"
          label={deliveries.length > 1 ? "Replay to all" : "Replay"}
          describe="Replay to all active targets"
          action={replayPath(webhook.id, event.id, query)}
        />
      </div>
    </div>
  );
}

function Neighbour(
  props: Readonly<{
    id: string | null;
    label: string;
    icon: "back" | "arrow";
    webhook: Webhook;
    query: string;
  }>,
): JSX.Element {
  const { id, label, icon, webhook, query } = props;
  if (id === null) {
    return (
      <span class="button button-plain button-off" aria-disabled="true">
        <Icon name={icon} />
        <span safe>{label}</span>
      </span>
    );
  }
  return (
    <Button icon={icon} label={label} describe={`${label} event`} href={eventPath(webhook.id, id, query)} />
  );
}

function Facts({ webhook, event, entrypoint }: EventPageProps): JSX.Element {
  return (
    <Card>
      <dl class="facts">
        <dt>Entrypoint</dt>
        <dd>
          {entrypoint.isDeleted ? (
            <NameOf named={entrypoint} />
          ) : (
            <a href={webhookPath(webhook.id)}>
              <NameOf named={entrypoint} />
            </a>
          )}
        </dd>
        <dt>Sender</dt>
        <dd>
          <code safe>{event.remoteAddress === "" ? "unknown" : event.remoteAddress}</code>
        </dd>
        <dt>Content type</dt>
        <dd>
          <bdi safe>{event.contentType === "" ? "none" : event.contentType}</bdi>
        </dd>
        <dt>Size</dt>
        <dd>
          <Bytes n={event.bodySize} />
        </dd>
        <dt>Event id</dt>
        <dd class="event-id">
          <code safe>{event.id}</code>
          <CopyButton text={event.id} />
        </dd>
      </dl>
    </Card>
  );
}

function Deliveries({ webhook, event, deliveries, isUnderWay, query }: EventPageProps): JSX.Element {
  // Asked for again by itself only while something is about to happen; without scripts, by reloading.
  const polling = isUnderWay
    ? {
        "hx-get": attribute(eventPath(webhook.id, event.id, query)),
        "hx-trigger": "every 2s",
        "hx-select": "#deliveries",
        "hx-swap": "outerHTML",
      }
    : {};
  return (
    <section class="card event-deliveries" id="deliveries" {...polling}>
      <div class="card-header">
        <h2>Deliveries</h2>
        {isUnderWay ? (
          <Badge tone="info" label="under way" />
        ) : (
          <span class="muted text-s" safe>
            {summary(deliveries)}
          </span>
        )}
      </div>
      {deliveries.length === 0 ? (
        <p class="muted">
          There was no active target when this event came. Add one, then replay: the event is kept.
        </p>
      ) : (
        deliveries.map((delivery) => <DeliveryView {...delivery} />)
      )}
    </section>
  );
}

function summary(deliveries: readonly DeliveryProps[]): string {
  return deliveries.length === 0 ? "" : formatCount(deliveries.length, "target");
}

function BodyCard({ webhook, event, picture, isLong, query }: EventPageProps): JSX.Element {
  const path = bodyPath(webhook.id, event.id);
  const isCut = picture.kind !== "empty" && picture.isCut;
  return (
    <Card
      title="Body"
      lead={bodyKind(picture)}
      actions={
        picture.kind === "empty" ? (
          ""
        ) : (
          <div class="page-actions">
            {picture.kind === "hex" ? (
              ""
            ) : (
              <a class="button button-plain button-small" href={path} hx-boost="false">
                Raw
              </a>
            )}
            <a class="button button-plain button-small" href={`${path}?download`} hx-boost="false">
              <Icon name="download" />
              <span>Download</span>
            </a>
          </div>
        )
      }
    >
      <BodyView picture={picture} label="Body" />
      {isCut ? (
        <p class="body-notes muted text-s">
          <span>
            Only the beginning of <Bytes n={event.bodySize} /> is shown.
          </span>
          {isLong ? "" : <a href={attribute(longerPath(webhook.id, event.id, query))}>Show more</a>}
        </p>
      ) : (
        ""
      )}
    </Card>
  );
}

function longerPath(webhookId: string, eventId: string, query: string): string {
  return eventPath(webhookId, eventId, `${query === "" ? "?" : `${query}&`}body=long`);
}
