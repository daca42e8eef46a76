/** Chooses the rows that a search reads: all events, or only those that an index of deliveries names. */
import type { SQLQueryBindings } from "bun:sqlite";
import { type DeliveryState, type EventFate, type EventFilter, inState, statusOf } from "./event-filter.ts";
import type { ReadableFile } from "./event-summary.ts";

/** Events looked at in one go; the event loop is free in between (1,000 bodies of 1 KB take about 1 ms). */
const STEP = 1_000;

export type Source = Readonly<{
  /** Its values are the bounds and `endValues`. */
  stepEnd: string;
  endValues: readonly SQLQueryBindings[];
  /** Its values are the bounds and `values`. */
  condition: string | null;
  values: readonly SQLQueryBindings[];
  /** How both have an id as a bound. */
  toBound: (id: string) => SQLQueryBindings;
}>;

const asIs = (id: string) => id;

const ALL_EVENTS: Source = {
  stepEnd: `SELECT id FROM events WHERE id < ? AND id >= ? ORDER BY id DESC LIMIT 1 OFFSET ${STEP - 1}`,
  endValues: [],
  condition: null,
  values: [],
  toBound: asIs,
};

/** The partial index that names the deliveries in a state by event; null where there is none. */
export function indexByEvent(status: EventFate | undefined): string | null {
  switch (status) {
    case "failed":
    case "held":
    case "discarded":
      return "deliveries_troubled";
    case "retrying":
      return "deliveries_retrying";
    default:
      return null;
  }
}

function eventsByStatus({ status, targetId }: Tallied, index: string | null): Source {
  // The plus keeps the planner from the primary key where the index begins with another column.
  const eventId = index === null ? "+event_id" : "event_id";
  const named = `SELECT event_id AS id FROM deliveries INDEXED BY ${index ?? "deliveries_due"}
    WHERE ${inState(status)} AND ${eventId} < ? AND ${eventId} >= ?
      ${targetId === undefined ? "" : "AND target_id = ?"}`;
  const values = targetId === undefined ? [] : [targetId];
  return {
    stepEnd: `${named} ORDER BY event_id DESC LIMIT 1 OFFSET ${STEP}`,
    endValues: values,
    condition: `e.id IN (${named})`,
    values,
    toBound: asIs,
  };
}

/** Above this many pending deliveries, reading the newest events finds some sooner than sorting the deliveries. */
const PENDING_WORTH_SORTING = 50_000;

/** Null if the counts show that no event matches, so nothing needs to be read. */
export function chooseSource(file: ReadableFile, filter: EventFilter): Source | null {
  const { targetId, transformationFailed } = filter;
  const status = transformationFailed === true ? "failed" : filter.status;
  if (status === undefined) return ALL_EVENTS;
  const count = countTallied(file, { status, targetId });
  if (count === 0) return null;
  if (status === "delivered" || status === "filtered") return ALL_EVENTS;
  const index = indexByEvent(status);
  if (index === null && count > PENDING_WORTH_SORTING) return ALL_EVENTS;
  return eventsByStatus({ status, targetId }, index);
}

type Tallied = Readonly<{ status: DeliveryState; targetId: string | undefined }>;

/** Counts deliveries, or filtered events. */
function countTallied(
  file: ReadableFile,
  { status, targetId }: Pick<EventFilter, "targetId"> & { status: EventFate },
): number {
  const counted = status === "filtered" ? "filtered - filtered_deleted" : statusOf(status);
  const tallies = `SELECT total(${counted}) AS n FROM target_tallies`;
  const ofTarget = `${tallies} WHERE target_id = ?`;
  const row =
    targetId === undefined
      ? file.db.query<{ n: number }, []>(tallies).get()
      : file.db.query<{ n: number }, [string]>(ofTarget).get(targetId);
  return row?.n ?? 0;
}
