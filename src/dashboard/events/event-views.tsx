/** The page of one event: its request and its deliveries. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { Duplicates } from "../../storage/event-db/duplicates.ts";
import type { StoredEvent } from "../../storage/event-db/types.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { Badge } from "../components/badge.tsx";
import { Card } from "../components/card.tsx";
import { Notice } from "../components/flash-line.tsx";
import { formatCount, formatUtc } from "../components/format.ts";
import { Layout } from "../layout.tsx";
import { attribute } from "../render.ts";
import type { Flash, Viewer } from "../viewer.ts";
import { crumbsInLog } from "../webhooks/crumbs.ts";
import { logPath } from "../webhooks/paths.ts";
import type { Fault } from "../webhooks/webhook-state.ts";
import { HeaderTable } from "./body/header-table.tsx";
import type { DeliveryGroups } from "./deliveries/delivery-groups.ts";
import { DeliveryGroupsView } from "./deliveries/groups-view.tsx";
import { DuplicatesCard } from "./duplicates-view.tsx";
import { EventHeader, type EventHeaderProps } from "./event-header.tsx";
import { type FilterFateProps, FilterFates } from "./filters/filter-fates.tsx";
import { comparePath, eventPath } from "./paths.ts";
import { BodyCard, Facts, type RequestProps } from "./request-views.tsx";
import { type DeliveryProps, DeliveryView } from "./timeline.tsx";

export type EventPageProps = RequestProps &
  Omit<EventHeaderProps, "deliveryCount"> &
  Readonly<{
    viewer: Viewer;
    flash: Flash | null;
    deliveries: readonly DeliveryProps[];
    fates: readonly FilterFateProps[];
    /** Marks of filters that are not shown. */
    moreFates: number;
    /** All deliveries by state, where they are many; `deliveries` then has the chosen one only. */
    groups: DeliveryGroups | null;
    /** True if an attempt is due so soon that the page should poll for it. */
    isInProgress: boolean;
    duplicates: Duplicates;
    /** Set for a message that asks to confirm a subscription. */
    confirmation: Readonly<{ url: string; topicArn: string }> | null;
  }>;

export function EventPage(props: EventPageProps): JSX.Element {
  const { webhook, event, query } = props;
  return (
    <EventFrame {...props}>
      <EventHeader {...props} deliveryCount={props.groups?.total ?? props.deliveries.length} />
      <Confirmation {...props} />
      <div class="event-columns">
        <Deliveries {...props} />
        <div class="event-request">
          <Facts {...props} />
          <DuplicatesCard webhookId={webhook.id} duplicates={props.duplicates} query={query} />
          <BodyCard {...props} />
          <Card title="Headers">
            <HeaderTable headers={event.headers} caption="Request headers" />
          </Card>
        </div>
      </div>
      <p class="event-back">
        <a href={attribute(`${logPath(webhook.id)}${query}`)}>Back to all events</a>
        {props.neighbours.olderId !== null && (
          <a href={attribute(comparePath(webhook.id, [props.neighbours.olderId, event.id]))}>
            Compare with the older event
          </a>
        )}
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
  props: PropsWithChildren<{
    viewer: Viewer;
    flash: Flash | null;
    webhook: Webhook;
    query: string;
    /** Absent if the event cannot be read. */
    event?: StoredEvent;
  }>,
): JSX.Element {
  const { viewer, flash, webhook, query, event, children } = props;
  return (
    <Layout
      title="Event"
      tabTitle={`${event === undefined ? "Event" : nameOf(event)} · ${webhook.name}`}
      viewer={viewer}
      section="sources"
      flash={flash}
      wide
      crumbs={crumbsInLog(webhook, query)}
    >
      {children}
    </Layout>
  );
}

/** Names the event in the page's tab. */
function nameOf({ type, method, receivedAt }: StoredEvent): string {
  return `${type ?? method} ${formatUtc(receivedAt)}`;
}

function Confirmation({ confirmation }: EventPageProps): JSX.Element {
  if (confirmation === null) return "";
  return (
    <Notice
      tone="info"
      text={`Amazon SNS asks you to confirm the subscription to the topic ${confirmation.topicArn}.`}
      hint="This is the link that SNS signed. It is valid for three days."
    >
      <p>
        <a href={attribute(confirmation.url)} target="_blank" rel="noopener noreferrer" hx-boost="false">
          Confirm the subscription at AWS
        </a>
      </p>
    </Notice>
  );
}

function Deliveries(props: EventPageProps): JSX.Element {
  const { webhook, event, deliveries, fates, moreFates, groups, isInProgress, query } = props;
  // Polls only while an attempt is imminent; without scripts, readers reload the page.
  const polling = isInProgress
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
        {isInProgress ? (
          <Badge tone="info" label="in progress" />
        ) : (
          <span class="muted text-s" safe>
            {formatCount(groups?.total ?? deliveries.length, "target")}
          </span>
        )}
      </div>
      {groups === null && deliveries.length === 0 && fates.length === 0 ? (
        <p class="muted">No target was active when this event arrived. Add one and replay it.</p>
      ) : (
        deliveries.map((delivery) => <DeliveryView {...delivery} />)
      )}
      {groups === null ? (
        ""
      ) : (
        <DeliveryGroupsView {...groups} of={{ webhookId: webhook.id, eventId: event.id, query }} />
      )}
      <FilterFates webhookId={webhook.id} eventId={event.id} fates={fates} query={query} />
      {moreFates > 0 && (
        <p
          class="muted text-s"
          safe
        >{`${moreFates} more filters judged it. Each target's page counts what its filter kept from it.`}</p>
      )}
    </section>
  );
}
