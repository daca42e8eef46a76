/** Changes deliveries with their counts; each function runs inside the caller's transaction. */
import { derivedId } from "../../../lib/ids.ts";
import type { EventFile } from "../event-file.ts";
import { letLaneGoOn, mustWaitInLane } from "../order.ts";
import type { DeliveryStatus, HeaderPairs, Settlement } from "../types.ts";

/**
 * Stores an attempt and the delivery's new state. Skipped if the delivery was deleted meanwhile or the attempt is
 * already stored, as an attempt in doubt may be written again.
 */
export function recordSettlement(file: EventFile, settlement: Settlement): void {
  const { eventId, targetId, result } = settlement;
  let left: DeliveryStatus | null = settlement.status;
  if (settlePlainly(file, settlement)) file.knownDue.settled(targetId, eventId, settlement.nextAttemptAt);
  else {
    file.knownDue.forget(targetId);
    left = settleWithCare(file, settlement);
    if (left === null) return;
  }
  file.deliveries.insertResult.run(
    eventId,
    targetId,
    result.attempt,
    result.id,
    result.startedAt,
    result.durationMs,
    result.statusCode,
    result.error,
    headersJson(file, result.responseHeaders),
    result.responseBody,
    result.responseBodyTruncated ? 1 : 0,
    result.transformationVersion,
    result.transformationFailed ? 1 : 0,
  );
  // A transformation dropped it: the target was not asked.
  if (settlement.status === "discarded") return;
  const { durationMs, statusCode, error } = result;
  const gaveUp = left === "failed" && error !== null;
  file.tally.attempted(targetId, { at: endOf(settlement), durationMs, statusCode, error, gaveUp });
}

/** Settles in one statement; false if the statement did not apply and nothing was changed. */
function settlePlainly(file: EventFile, settlement: Settlement): boolean {
  const { eventId, targetId, result, status, nextAttemptAt, reason, replays } = settlement;
  const endedAt = endOf(settlement);
  const { settlePlain } = file.deliveries;
  const { changes } = settlePlain.run(
    eventId,
    targetId,
    result.attempt,
    endedAt,
    status,
    nextAttemptAt,
    reason,
    replays,
  );
  if (changes === 0) return false;
  if (status !== "pending") file.tally.moved(targetId, "pending", status);
  return true;
}

/** The state that the delivery is left in; null if the attempt must not be stored. */
function settleWithCare(file: EventFile, settlement: Settlement): DeliveryStatus | null {
  const { state, settle, countAttempt, countLateAttempt } = file.deliveries;
  const { eventId, targetId, result, status, nextAttemptAt, reason } = settlement;
  const before = state.get(eventId, targetId);
  if (!before || before.attempts >= result.attempt) return null;
  const endedAt = endOf(settlement);
  if (before.replays !== settlement.replays) {
    countAttempt.run(eventId, targetId, result.attempt, endedAt);
    return before.status;
  }
  // The delivery was discarded during the attempt: only a successful delivery overrides that.
  if (before.status === "discarded" && status !== "delivered") {
    countLateAttempt.run(eventId, targetId, result.attempt, endedAt);
    return before.status;
  }
  settle.run(eventId, targetId, result.attempt, endedAt, status, nextAttemptAt, reason);
  if (before.status !== status) file.tally.moved(targetId, before.status, status);
  if (before.order_key !== null && status !== "pending") {
    letLaneGoOn(file, { targetId, orderKey: before.order_key, now: endedAt });
  }
  return status;
}

function endOf({ result }: Settlement): number {
  return result.startedAt + result.durationMs;
}

/**
 * Makes the event due for the target, whatever state its delivery is in. False if the event is gone. `findOrderKey`
 * returns the lane of an event that the target never had; without it, such a delivery is in no lane.
 */
export function replayDelivery(
  file: EventFile,
  delivery: { eventId: string; targetId: string; now: number; findOrderKey?: () => string | null },
): boolean {
  const { eventId, targetId, now, findOrderKey } = delivery;
  // Otherwise a delivery without an event would be left, pending for ever.
  if (!file.db.query<unknown, [string]>("SELECT 1 FROM events WHERE id = ?").get(eventId)) return false;
  const before = file.deliveries.state.get(eventId, targetId);
  const orderKey = before ? before.order_key : (findOrderKey?.() ?? null);
  const waits = orderKey !== null && mustWaitInLane(file, { eventId, targetId, orderKey });
  file.deliveries.replay.run(
    eventId,
    targetId,
    derivedId(eventId, targetId),
    now,
    waits ? null : now,
    orderKey,
  );
  if (before?.status !== "pending") file.tally.moved(targetId, before?.status ?? null, "pending");
  return true;
}

/** Discards up to `limit` pending deliveries of a target; returns their number. */
export function discardPending(
  file: EventFile,
  options: { targetId: string; limit: number; reason: string; now: number },
): number {
  const { targetId, limit, reason, now } = options;
  const { changes } = file.deliveries.discard.run(targetId, limit, reason, now);
  if (changes > 0) file.tally.moved(targetId, "pending", "discarded", changes);
  return changes;
}

/** The client returns the same array for equal heads in a row, so the JSON is made once for them. */
function headersJson(file: EventFile, headers: HeaderPairs | null): string | null {
  if (headers === null) return null;
  const { latestHeaders } = file;
  if (latestHeaders?.headers === headers) return latestHeaders.json;
  const json = JSON.stringify(headers);
  file.latestHeaders = { headers, json };
  return json;
}
