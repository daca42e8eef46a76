/**
 * Keeps the deliveries of one lane in order: only one has a due time, and the next gets its own when that one has
 * ended.
 */
import type { EventFile } from "./event-file.ts";
import type { DeliveryStatus } from "./types.ts";

/** Written in ORs as the partial index is; otherwise SQLite does not use the index. */
const IN_LANE = `target_id = ?1 AND order_key = ?2 AND order_key IS NOT NULL
  AND (status = 'pending' OR status = 'held')`;

const CURRENT = `SELECT event_id FROM deliveries WHERE ${IN_LANE} AND next_attempt_at >= 0 LIMIT 1`;
const NEXT = `SELECT event_id, status FROM deliveries WHERE ${IN_LANE} AND next_attempt_at IS NULL
  ORDER BY event_id LIMIT 1`;

type InLane = Readonly<{ eventId: string; targetId: string; orderKey: string }>;
type Lane = Pick<InLane, "targetId" | "orderKey">;

/** True if the event must wait: another of its lane is under way, or an earlier one waits. */
export function mustWaitInLane(file: EventFile, delivery: InLane): boolean {
  const current = findCurrent(file, delivery);
  if (current !== null) return current !== delivery.eventId;
  const next = findNext(file, delivery);
  return next !== null && next.event_id < delivery.eventId;
}

/**
 * Gives the lane's next delivery its due time. Call it in the same transaction after anything that ends or removes a
 * delivery.
 */
export function letLaneGoOn(file: EventFile, lane: Lane & Readonly<{ now: number }>): void {
  if (findCurrent(file, lane) !== null) return;
  const next = findNext(file, lane);
  // A held delivery gets its due time when it is released.
  if (next?.status !== "pending") return;
  file.db
    .query<unknown, [string, string, number]>(
      "UPDATE deliveries SET next_attempt_at = ?3 WHERE event_id = ?1 AND target_id = ?2",
    )
    .run(next.event_id, lane.targetId, lane.now);
}

/** The delivery that has a due time. */
function findCurrent(file: EventFile, { targetId, orderKey }: Lane): string | null {
  return (
    file.db.query<{ event_id: string }, [string, string]>(CURRENT).get(targetId, orderKey)?.event_id ?? null
  );
}

/** The delivery of the oldest event among those without a due time. */
function findNext(file: EventFile, { targetId, orderKey }: Lane) {
  return file.db
    .query<{ event_id: string; status: DeliveryStatus }, [string, string]>(NEXT)
    .get(targetId, orderKey);
}
