/** Changes deliveries with their counts; each function runs inside the caller's transaction. */
import { newId } from "../../lib/ids.ts";
import { createOrderKeyReader } from "../../lib/order-key.ts";
import type { EventFile } from "./event-file.ts";
import { letLaneGoOn, mustWaitInLane } from "./order.ts";
import type { HeaderPairs, Settlement } from "./types.ts";

/** Skipped for a delivery deleted meanwhile, and for a try that is stored: one in doubt may be written once more. */
export function recordSettlement(file: EventFile, settlement: Settlement): void {
  const { state, settle, countAttempt, insertResult } = file.deliveries;
  const { eventId, targetId, result, status } = settlement;
  const before = state.get(eventId, targetId);
  if (!before || before.attempts >= result.attempt) return;
  const endedAt = result.startedAt + result.durationMs;
  if (before.replays === settlement.replays) {
    settle.run(
      eventId,
      targetId,
      result.attempt,
      endedAt,
      status,
      settlement.nextAttemptAt,
      settlement.reason,
    );
    if (before.status !== status) file.tally.moved(targetId, before.status, status);
    if (before.order_key !== null && status !== "pending") {
      letLaneGoOn(file, { targetId, orderKey: before.order_key, now: endedAt });
    }
  } else countAttempt.run(eventId, targetId, result.attempt, endedAt);
  insertResult.run(
    eventId,
    targetId,
    result.attempt,
    result.id,
    result.startedAt,
    result.durationMs,
    result.statusCode,
    result.error,
    headersJson(result.responseHeaders),
    result.responseBody,
    result.responseBodyTruncated ? 1 : 0,
  );
  const { statusCode, error } = result;
  file.tally.tried(targetId, { at: endedAt, delivered: error === null, statusCode, error });
}

/**
 * Makes the event due for the target, whatever became of it before. False where the event is gone. `orderBy` is the
 * target's, for an event that it never had.
 */
export function replayDelivery(
  file: EventFile,
  delivery: { eventId: string; targetId: string; now: number; orderBy?: string | null },
): boolean {
  const { eventId, targetId, now, orderBy = null } = delivery;
  // Else a delivery would be left behind that belongs to nothing, and is pending for ever.
  if (!file.db.query<unknown, [string]>("SELECT 1 FROM events WHERE id = ?").get(eventId)) return false;
  const before = file.deliveries.state.get(eventId, targetId);
  const orderKey = before || orderBy === null ? (before?.order_key ?? null) : readKey(file, eventId, orderBy);
  const waits = orderKey !== null && mustWaitInLane(file, { eventId, targetId, orderKey });
  file.deliveries.replay.run(eventId, targetId, newId(), now, waits ? null : now, orderKey);
  if (before?.status !== "pending") file.tally.moved(targetId, before?.status ?? null, "pending");
  return true;
}

function readKey(file: EventFile, eventId: string, orderBy: string): string | null {
  const event = file.deliveries.event.get(eventId);
  return event && createOrderKeyReader(event.body)(orderBy);
}

/** Gives up to `limit` pending deliveries of a target up; returns how many. */
export function discardPending(
  file: EventFile,
  options: { targetId: string; limit: number; reason: string; now: number },
): number {
  const { targetId, limit, reason, now } = options;
  const { changes } = file.deliveries.discard.run(targetId, limit, reason, now);
  if (changes > 0) file.tally.moved(targetId, "pending", "discarded", changes);
  return changes;
}

function headersJson(headers: HeaderPairs | null): string | null {
  return headers && JSON.stringify(headers);
}
