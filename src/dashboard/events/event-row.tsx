/** One event as a row of the log, on the page and in live updates. */
import { Html } from "@elysiajs/html";
import type { DeliveryState } from "../../storage/event-db/event-filter.ts";
import type { EventSummary } from "../../storage/event-db/types.ts";
import { Badge, STATE_TONES, StateBadge } from "../components/badge.tsx";
import { formatUtc } from "../components/format.ts";
import { Bytes, Time } from "../components/values.tsx";
import { attribute } from "../render.ts";
import type { Named } from "./names.ts";
import { eventPath } from "./paths.ts";

/** Id of the form that the checkboxes of all rows belong to. */
export const CHOICE_FORM = "chosen-events";

export type EventRowProps = Readonly<{
  webhookId: string;
  event: EventSummary;
  entrypoint: Named;
  /** Query with the filter, passed on to the event's page. */
  query: string;
}>;

export function EventRow({ webhookId, event, entrypoint, query }: EventRowProps): JSX.Element {
  const type = event.type?.slice(0, SHOWN_TYPE);
  const line = (
    <RequestLine method={event.method} pathTail={shorten(event.pathTail)} query={shorten(event.query)} />
  );
  return (
    <tr data-event={attribute(event.id)}>
      <td class="log-choice">
        <input
          type="checkbox"
          name="event"
          value={attribute(event.id)}
          form={CHOICE_FORM}
          aria-label={attribute(`Select ${type ?? event.method} of ${formatUtc(event.receivedAt)}`)}
        />
      </td>
      <td class="log-time">
        <Time at={event.receivedAt} clock />
      </td>
      <td class="log-request">
        <a
          class="row-link"
          href={attribute(eventPath(webhookId, event.id, query))}
          aria-label={attribute(`${nameOf(event)}, ${formatUtc(event.receivedAt)}`)}
        >
          {type === undefined ? (
            line
          ) : (
            <bdi class="log-type" title={attribute(event.contentType)} safe>
              {type}
            </bdi>
          )}
        </a>
        {type !== undefined && !isUsual(event) && line}
        {event.preview !== null && (
          <bdi class="log-preview muted" safe>
            {event.preview}
          </bdi>
        )}
      </td>
      <td class="log-entrypoint">
        <NameOf named={entrypoint} />
      </td>
      <td class="log-size cell-end">
        <Bytes n={event.bodySize} />
      </td>
      <td class="log-states">
        <DeliveryCounts counts={event.deliveries} filtered={event.filtered} />
        <DuplicateCount {...event.duplicates} />
        {event.duplicates.sameKeyAs !== null && (
          <Badge
            tone="warn"
            label="same key"
            title="An older event has the same key, but is a different request."
          />
        )}
      </td>
    </tr>
  );
}

/** Text of the link to the event. */
function nameOf({ type, method, pathTail, query }: EventSummary): string {
  if (type !== null) return type.slice(0, SHOWN_TYPE);
  return `${method} ${pathTail === "" ? "/" : shorten(pathTail)}${query === "" ? "" : `?${shorten(query)}`}`;
}

/** Most requests are a POST to the entrypoint's own URL, which goes without saying. */
function isUsual({ method, pathTail, query }: EventSummary): boolean {
  return method === "POST" && (pathTail === "" || pathTail === "/") && query === "";
}

/** Heads the events of one day, in UTC; scripts replace it by the days of the reader's time zone. */
export function DayRow({ day }: { day: string }): JSX.Element {
  return (
    <tr class="log-day">
      <th colspan="6" scope="rowgroup" safe>
        {`${day} UTC`}
      </th>
    </tr>
  );
}

export function RequestLine(props: { method: string; pathTail: string; query: string }): JSX.Element {
  const { method, pathTail, query } = props;
  return (
    <span class="request-line">
      <span class="method" safe>
        {method}
      </span>
      <bdi class="request-path">
        <span safe>{pathTail === "" ? "/" : pathTail}</span>
        {query !== "" && (
          <span class="muted" safe>
            {`?${query}`}
          </span>
        )}
      </bdi>
    </span>
  );
}

export function NameOf({ named }: { named: Named }): JSX.Element {
  return (
    <bdi class={named.isDeleted ? "muted deleted-name" : undefined} safe>
      {named.name}
    </bdi>
  );
}

/** States that need attention come first. */
export const STATES_IN_ORDER = [
  "failed",
  "retrying",
  "held",
  "pending",
  "delivered",
  "discarded",
] as const satisfies readonly DeliveryState[];

function DeliveryCounts(props: { counts: EventSummary["deliveries"]; filtered: number }): JSX.Element {
  const { filtered } = props;
  const counts = { ...props.counts, pending: props.counts.pending - props.counts.retrying };
  const present = STATES_IN_ORDER.filter((state) => counts[state] > 0);
  if (present.length === 0 && filtered === 0)
    return <Badge tone="idle" label="stored" title="There was no target to deliver it to." />;
  return (
    <span class="badges">
      {present.map((state) =>
        counts[state] === 1 ? (
          <StateBadge state={state} />
        ) : (
          <Badge tone={STATE_TONES[state]} label={`${counts[state]} ${state}`} />
        ),
      )}
      {filtered === 0 ? (
        ""
      ) : (
        <Badge
          tone="idle"
          label={filtered === 1 ? "filtered" : `${filtered} filtered`}
          title="Targets whose event types or filter did not want it"
        />
      )}
    </span>
  );
}

function DuplicateCount({ count, differing }: EventSummary["duplicates"]): JSX.Element {
  if (count === 0) return "";
  const label = `+${count}`;
  if (differing === 0) return <Badge tone="idle" label={label} title="Copies received later" />;
  return (
    <Badge tone="warn" label={label} title={`Copies received later; different requests: ${differing}`} />
  );
}

/** Maximum length of a shown path or query: a row has no room for more, and senders may pack a lot into their URLs. */
const SHOWN_CHARS = 80;

function shorten(text: string): string {
  return text.length <= SHOWN_CHARS ? text : `${text.slice(0, SHOWN_CHARS)}…`;
}

const SHOWN_TYPE = 60;
