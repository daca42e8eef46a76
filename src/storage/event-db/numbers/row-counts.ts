/** Counts the rows that the ledger describes in one pass from the oldest event to the newest, in disk order. */
import type { Database } from "bun:sqlite";
import { AFTER_EVERY_ID } from "../../../lib/ids.ts";
import { marksIn } from "../filter-marks.ts";
import type { DeliveryStatus } from "../types.ts";

/** Grouping everything at once would sort it all: for ten million events, in a temporary file of a gigabyte. */
const EVENTS_AT_ONCE = 5_000;

const LAST_OF_STEP = "SELECT id FROM events WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?";
const EVENTS =
  "SELECT entrypoint_id AS entrypointId, count(*) AS n FROM events WHERE id > ? AND id <= ? GROUP BY 1";
const DELIVERIES = `SELECT target_id AS targetId, status, count(*) AS n,
    sum(NOT EXISTS (SELECT 1 FROM events e WHERE e.id = d.event_id)) AS stray
  FROM deliveries d WHERE event_id > ? AND event_id <= ? GROUP BY 1, 2`;
const FILTERED = `SELECT f.target_id AS targetId, count(*) AS n FROM events e, ${marksIn("filtered")}
  WHERE e.id > ? AND e.id <= ? AND e.filtered IS NOT NULL GROUP BY 1`;
const STRAY_RESULTS = `SELECT count(*) AS n FROM delivery_results r WHERE event_id > ? AND event_id <= ?
  AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = r.event_id AND d.target_id = r.target_id)`;

type Step = [after: string, last: string];

export type RowCounts = Readonly<{
  /** By entrypoint id. */
  events: ReadonlyMap<string, number>;
  /** By target id. */
  deliveries: ReadonlyMap<string, ReadonlyMap<DeliveryStatus, number>>;
  /** Events that a target's filter did not want, by target id. */
  filtered: ReadonlyMap<string, number>;
  /** Deliveries without their event. */
  strayDeliveries: number;
  /** Results without their delivery. */
  strayResults: number;
}>;

/** Counts inside the caller's transaction, which keeps all steps at one state. */
export function countRows(db: Database, eventsAtOnce = EVENTS_AT_ONCE): RowCounts {
  const lastOfStep = db.query<{ id: string }, [string, number]>(LAST_OF_STEP);
  const eventsOf = db.query<{ entrypointId: string; n: number }, Step>(EVENTS);
  const deliveriesOf = db.query<{ targetId: string; status: DeliveryStatus; n: number; stray: number }, Step>(
    DELIVERIES,
  );
  const filteredOf = db.query<{ targetId: string; n: number }, Step>(FILTERED);
  const strayResultsOf = db.query<{ n: number }, Step>(STRAY_RESULTS);
  const events = new Map<string, number>();
  const deliveries = new Map<string, Map<DeliveryStatus, number>>();
  const filtered = new Map<string, number>();
  let strayDeliveries = 0;
  let strayResults = 0;
  for (let after = ""; after !== AFTER_EVERY_ID; ) {
    const last = lastOfStep.get(after, eventsAtOnce - 1)?.id ?? AFTER_EVERY_ID;
    for (const { entrypointId, n } of eventsOf.all(after, last)) add(events, entrypointId, n);
    for (const { targetId, status, n, stray } of deliveriesOf.all(after, last)) {
      const counts = deliveries.get(targetId) ?? new Map<DeliveryStatus, number>();
      deliveries.set(targetId, add(counts, status, n));
      strayDeliveries += stray;
    }
    for (const { targetId, n } of filteredOf.all(after, last)) add(filtered, targetId, n);
    strayResults += strayResultsOf.get(after, last)?.n ?? 0;
    after = last;
  }
  return { events, deliveries, filtered, strayDeliveries, strayResults };
}

function add<Key>(counts: Map<Key, number>, key: Key, n: number): Map<Key, number> {
  return counts.set(key, (counts.get(key) ?? 0) + n);
}
