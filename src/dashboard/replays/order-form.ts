/** Parses a replay's selection and destination from the URL of the page that prepares it. */
import { isId } from "../../lib/ids.ts";
import type { ReplayOrder } from "../../storage/event-db/replays/replay-run.ts";
import { filterQuery, type LogFilter, readLogFilter, toEventFilter } from "../events/log-filter.ts";

/** As many as a page of the log can hold; more are better selected by a filter. */
const MOST_CHOSEN = 200;

/**
 * "again": the targets that each event went to; "all:ID": every event to one target; "missing:ID": only events that the
 * target never received.
 */
const DESTINATION = /^(again|(all|missing):([0-9a-f-]{36}))$/;

export type OrderForm = Readonly<{
  filter: LogFilter;
  /** Ids of the selected events; null for all that match the filter. */
  chosen: readonly string[] | null;
  deliver: string;
  order: ReplayOrder;
  /**
   * Faults of the URL. With any, nothing may be replayed, because ignoring a condition would select too many events.
   */
  faults: readonly string[];
}>;

/** `indexedFields` are the webhook's. */
export function readOrder(query: URLSearchParams, indexedFields: readonly string[], now: number): OrderForm {
  const { filter, notes } = readLogFilter(query, indexedFields);
  const isChosen = query.has("chosen");
  const chosen = isChosen ? query.getAll("event") : null;
  const wanted = query.get("deliver") || "again";
  const found = DESTINATION.exec(wanted);
  const faults = [...notes];
  if (found === null) faults.push("“deliver” is not a choice of this form.");
  if (chosen?.length === 0) faults.push("No event is selected: select some in the log first.");
  if (chosen?.some((id) => !isId(id))) faults.push("“event” is not an event id.");
  if ((chosen?.length ?? 0) > MOST_CHOSEN) faults.push(`At most ${MOST_CHOSEN} events can be selected.`);
  const [, deliver = "again", kind, targetId = null] = found ?? [];
  return {
    filter,
    chosen,
    deliver,
    faults,
    order: {
      selection:
        chosen === null
          ? { kind: "filter", filter: toEventFilter(filter, now) }
          : { kind: "events", eventIds: chosen },
      targetId,
      onlyMissing: kind === "missing",
    },
  };
}

/**
 * Returns the fields that repeat this selection, to choose another destination or to start; always in the same order.
 */
export function orderFields({ filter, chosen }: Pick<OrderForm, "filter" | "chosen">): [string, string][] {
  if (chosen !== null) return [["chosen", "1"], ...chosen.map((id): [string, string] => ["event", id])];
  return [...new URLSearchParams(filterQuery(filter))];
}
