/** Holds a paused target's deliveries and releases them; each function runs inside the caller's transaction. */
import type { EventFile } from "../event-file.ts";
import { letLaneGoOn, mustWaitInLane } from "../order.ts";

type Step = Readonly<{ targetId: string; limit: number; now: number }>;

/** Holds up to `limit` pending deliveries; returns their number. */
export function holdPending(file: EventFile, { targetId, limit, now }: Step): number {
  const { changes } = file.db
    .query<unknown, [string, number, number]>(
      `UPDATE deliveries SET status = 'held', next_attempt_at = NULL, updated_at = ?3
        WHERE (event_id, target_id) IN
          (SELECT event_id, target_id FROM deliveries WHERE target_id = ?1 AND status = 'pending'
             ORDER BY next_attempt_at, event_id LIMIT ?2)`,
    )
    .run(targetId, limit, now);
  if (changes > 0) file.tally.moved(targetId, "pending", "held", changes);
  return changes;
}

/** Makes up to `limit` held deliveries due, those of the oldest events first; returns their number. */
export function releaseHeld(file: EventFile, { targetId, limit, now }: Step): number {
  const release = file.db.query<unknown, [string, string, number | null, number]>(
    `UPDATE deliveries SET status = 'pending', next_attempt_at = ?3, updated_at = ?4
      WHERE event_id = ?1 AND target_id = ?2`,
  );
  const held = listOldestHeld(file, targetId, limit);
  for (const { eventId, orderKey } of held) {
    const waits = orderKey !== null && mustWaitInLane(file, { eventId, targetId, orderKey });
    release.run(eventId, targetId, waits ? null : now, now);
  }
  if (held.length > 0) file.tally.moved(targetId, "held", "pending", held.length);
  return held.length;
}

/** Discards up to `limit` held deliveries, those of the oldest events first; returns their number. */
export function discardHeld(file: EventFile, given: Step & Readonly<{ reason: string }>): number {
  const { targetId, limit, now, reason } = given;
  const discard = file.db.query<unknown, [string, string, string, number]>(
    `UPDATE deliveries SET status = 'discarded', reason = ?3, updated_at = ?4
      WHERE event_id = ?1 AND target_id = ?2`,
  );
  const held = listOldestHeld(file, targetId, limit);
  for (const { eventId, orderKey } of held) {
    discard.run(eventId, targetId, reason, now);
    if (orderKey !== null) letLaneGoOn(file, { targetId, orderKey, now });
  }
  if (held.length > 0) file.tally.moved(targetId, "held", "discarded", held.length);
  return held.length;
}

type Held = Readonly<{ eventId: string; orderKey: string | null }>;

function listOldestHeld(file: EventFile, targetId: string, limit: number): readonly Held[] {
  return file.db
    .query<Held, [string, number]>(
      `SELECT event_id AS eventId, order_key AS orderKey FROM deliveries
        WHERE target_id = ? AND status = 'held' ORDER BY event_id LIMIT ?`,
    )
    .all(targetId, limit);
}

/** One index step per target, however much is held. */
export function listHeldTargets(file: EventFile): readonly string[] {
  const { nextHeldTarget } = file.deliveries;
  const targetIds: string[] = [];
  for (;;) {
    const next = nextHeldTarget.get(targetIds.at(-1) ?? "");
    if (!next) return targetIds;
    targetIds.push(next.target_id);
  }
}
