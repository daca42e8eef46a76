/** Deletes old events with their deliveries and results, a bounded step at a time, inside the caller's transaction. */
import { AFTER_EVERY_ID, firstIdAt, timeOfId } from "../../lib/ids.ts";
import { forgetDuplicates } from "./duplicates.ts";
import type { EventFile } from "./event-file.ts";
import { forgetFields, readFieldIndex } from "./fields/field-index.ts";
import { readFilterMarks } from "./filter-marks.ts";
import { letLaneGoOn } from "./order.ts";
import type { DeliveryStatus } from "./types.ts";

/** Events read at once: rows read beyond what a step deletes would be read again by the next step. */
const EVENTS_AT_ONCE = 25;
/** So many bytes of a body take as long to delete as a row. */
const BODY_BYTES_PER_ROW = 32 * 1024;

/**
 * Decides which events may be deleted. An event is finished when none of its deliveries is pending, held or failed; one
 * without deliveries is finished too. Events whose deliveries changed after `restingSince` are left alone.
 */
export type PruneRule = Readonly<{
  /** Finished events received before this time are deleted; null: all. */
  finishedBefore: number | null;
  /**
   * Undelivered deliveries of events received before this time are discarded, which finishes the events; null: none are.
   */
  undeliveredBefore: number | null;
  /** Null: no event is left alone. */
  restingSince: number | null;
  /** Why deliveries are discarded, for people. */
  reason: string;
  /** Stops once about this many bytes were deleted; null: never. */
  enoughBytes: number | null;
  now: number;
}>;

export type PruneStep = Readonly<{
  /** Where the next step begins; null if there is nothing left to look at. */
  next: string | null;
  deletedEvents: number;
  discardedDeliveries: number;
  /** Events that the rule will delete later: undelivered ones, and those that changed a moment ago. */
  leftEvents: number;
  deletedBytes: number;
}>;

type Candidate = {
  id: string;
  entrypoint_id: string;
  body_size: number;
  deliveries: number;
  undelivered: number;
  changed_at: number | null;
};

/** In ORs, as in the partial index of troubled deliveries. */
const UNDELIVERED = "(status = 'pending' OR status = 'held' OR status = 'failed')";

const CANDIDATES = `SELECT e.id, e.entrypoint_id, e.body_size, count(d.id) AS deliveries,
    total(${UNDELIVERED}) AS undelivered, max(d.updated_at) AS changed_at
  FROM events e LEFT JOIN deliveries d ON d.event_id = e.id
  WHERE e.id IN (SELECT id FROM events WHERE id > ? AND id < ? ORDER BY id LIMIT ?)
  GROUP BY e.id ORDER BY e.id`;

/**
 * Looks at the events after `after`, the oldest first: at most `rows` of them, and deletes or changes about as many rows.
 * An event that alone has more rows is deleted whole, unless it has many results.
 */
export function pruneStep(
  file: EventFile,
  { after, rows: most, rule }: Readonly<{ after: string; rows: number; rule: PruneRule }>,
): PruneStep {
  const below = rule.finishedBefore === null ? AFTER_EVERY_ID : firstIdAt(rule.finishedBefore);
  const { places } = readFieldIndex(file.db);
  const done = { deletedEvents: 0, discardedDeliveries: 0, leftEvents: 0, deletedBytes: 0 };
  let cost = 0;
  let next = after;
  let looked = 0;
  for (const event of candidatesFrom(file, { after, below, most })) {
    if (rule.enoughBytes !== null && done.deletedBytes >= rule.enoughBytes) return { ...done, next };
    looked++;
    const fate = fateOf(event, rule);
    const results = fate === "delete" ? weighResults(file, event.id) : NO_RESULTS;
    const rows =
      fate === "delete" ? weigh(event) + places.length : fate === "discard" ? event.undelivered : 0;
    if (cost > 0 && rows > 0 && cost + rows + results.cost > most) return { ...done, next };
    if (rows + results.cost > most && results.count > 1) {
      // So many attempts take several steps; the event itself is deleted when few of them are left.
      deleteSomeResults(file, event.id, { ...results, most: Math.floor(most / 2) });
      return { ...done, next };
    }
    cost += rows + results.cost;
    next = event.id;
    if (fate === "delete") {
      forgetFields(file, places, event.id);
      deleteEvent(file, event);
      done.deletedEvents++;
      done.deletedBytes += event.body_size;
      continue;
    }
    done.leftEvents++;
    if (fate === "discard") {
      discardUndelivered(file, event.id, rule);
      done.discardedDeliveries += event.undelivered;
    }
  }
  return { ...done, next: looked < most ? null : next };
}

function* candidatesFrom(
  file: EventFile,
  { after, below, most }: { after: string; below: string; most: number },
): Generator<Candidate> {
  const read = file.db.query<Candidate, [string, string, number]>(CANDIDATES);
  let from = after;
  for (let left = most; left > 0; left -= EVENTS_AT_ONCE) {
    const wanted = Math.min(left, EVENTS_AT_ONCE);
    const candidates = read.all(from, below, wanted);
    yield* candidates;
    if (candidates.length < wanted) return;
    from = candidates.at(-1)?.id ?? below;
  }
}

/** Rows of the event and its deliveries. */
function weigh({ body_size, deliveries }: Candidate): number {
  return 1 + deliveries + Math.floor(body_size / BODY_BYTES_PER_ROW);
}

function fateOf(event: Candidate, rule: PruneRule): "delete" | "discard" | "leave" {
  const { restingSince, undeliveredBefore } = rule;
  const isResting = restingSince !== null && event.changed_at !== null && event.changed_at > restingSince;
  if (isResting) return "leave";
  if (event.undelivered === 0) return "delete";
  return undeliveredBefore !== null && timeOfId(event.id) < undeliveredBefore ? "discard" : "leave";
}

type DeliveryRow = { target_id: string; status: DeliveryStatus };
type UndeliveredRow = DeliveryRow & { order_key: string | null };

function deleteEvent(file: EventFile, { id, entrypoint_id }: Candidate): void {
  file.tally.countReceived();
  const deliveries = file.db
    .query<DeliveryRow, [string]>("SELECT target_id, status FROM deliveries WHERE event_id = ?")
    .all(id);
  for (const { target_id, status } of deliveries) file.tally.moved(target_id, status, null);
  file.db.query<unknown, [string]>("DELETE FROM delivery_results WHERE event_id = ?").run(id);
  file.db.query<unknown, [string]>("DELETE FROM deliveries WHERE event_id = ?").run(id);
  forgetDuplicates(file, id);
  file.db.query<unknown, [string]>("DELETE FROM released_events WHERE event_id = ?").run(id);
  for (const { targetId } of readFilterMarks(file, id).filtered) file.tally.filteredDeleted(targetId);
  file.db.query<unknown, [string]>("DELETE FROM events WHERE id = ?").run(id);
  file.tally.forgotten(id, entrypoint_id);
}

type Results = Readonly<{ count: number; cost: number }>;

const NO_RESULTS: Results = { count: 0, cost: 0 };
const PAGE_BYTES = 4_096;

/**
 * Weighs results in rows: a large response body costs as much as one row per page, because seeking past it reads its
 * pages.
 */
function weighResults(file: EventFile, eventId: string): Results {
  const { count = 0, bytes = 0 } =
    file.db
      .query<{ count: number; bytes: number }, [string]>(
        "SELECT count(*) AS count, total(length(response_body)) AS bytes FROM delivery_results WHERE event_id = ?",
      )
      .get(eventId) ?? {};
  return { count, cost: count + Math.floor(bytes / PAGE_BYTES) };
}

function deleteSomeResults(file: EventFile, eventId: string, of: Results & Readonly<{ most: number }>): void {
  const most = Math.max(1, Math.floor(of.most * (of.count / of.cost)));
  file.db
    .query<unknown, [string, number]>(
      `DELETE FROM delivery_results WHERE (event_id, target_id, attempt) IN
         (SELECT event_id, target_id, attempt FROM delivery_results WHERE event_id = ?
           ORDER BY target_id, attempt LIMIT ?)`,
    )
    .run(eventId, most);
}

function discardUndelivered(file: EventFile, eventId: string, { reason, now }: PruneRule): void {
  const undelivered = file.db
    .query<UndeliveredRow, [string]>(
      `SELECT target_id, status, order_key FROM deliveries WHERE event_id = ? AND ${UNDELIVERED}`,
    )
    .all(eventId);
  for (const { target_id, status } of undelivered) file.tally.moved(target_id, status, "discarded");
  // Keeps the reason of an earlier failure.
  file.db
    .query<unknown, [string, string, number]>(
      `UPDATE deliveries SET status = 'discarded', next_attempt_at = NULL, updated_at = ?3,
         reason = CASE WHEN reason IS NULL THEN ?2 ELSE ?2 || ' Before that: ' || reason END
        WHERE event_id = ?1 AND ${UNDELIVERED}`,
    )
    .run(eventId, reason, now);
  for (const { target_id: targetId, order_key: orderKey } of undelivered) {
    if (orderKey !== null) letLaneGoOn(file, { targetId, orderKey, now });
  }
}

/** Deletes hours before `before`, up to `limit` of each table; returns the oldest remaining one. */
export function pruneHours(
  file: EventFile,
  { before, limit }: Readonly<{ before: number; limit: number }>,
): number | null {
  file.tally.countReceived();
  // Attempts of the same transaction must have their hours by now.
  file.tally.write();
  for (const sql of [OLD_HOURS, OLD_TARGET_HOURS]) {
    file.db.query<unknown, [number, number]>(sql).run(before, limit);
  }
  return file.db.query<{ at: number | null }, []>(OLDEST_HOUR).get()?.at ?? null;
}

const OLD_HOURS =
  "DELETE FROM counted_hours WHERE hour IN (SELECT hour FROM counted_hours WHERE hour < ? ORDER BY hour LIMIT ?)";
/** Target by target, as their hours are sorted by target. */
const OLD_TARGET_HOURS = `DELETE FROM target_hours WHERE (target_id, hour) IN
  (SELECT h.target_id, h.hour FROM target_tallies t CROSS JOIN target_hours h
    WHERE h.target_id = t.target_id AND h.hour < ? ORDER BY t.target_id, h.hour LIMIT ?)`;
const OLDEST_HOUR = `SELECT min(at) AS at FROM (SELECT min(hour) AS at FROM counted_hours
  UNION ALL SELECT (SELECT min(hour) FROM target_hours h WHERE h.target_id = t.target_id) FROM target_tallies t)`;

/** The id of the oldest event or rejected request received at `from` or later. */
export function oldestEventFrom(file: EventFile, from: number): string | null {
  return (
    file.db
      .query<{ id: string | null }, [string]>(
        `SELECT min(id) AS id FROM (SELECT min(id) AS id FROM events WHERE id >= ?1
          UNION ALL SELECT min(id) FROM rejected_requests WHERE id >= ?1)`,
      )
      .get(firstIdAt(from))?.id ?? null
  );
}
