/** The last failures of a target: deliveries that were given up, and those that are between two attempts. */
import { HAD_ATTEMPT } from "../event-filter.ts";
import type { ReadableFile } from "../event-summary.ts";
import type { DeliveryResult } from "../types.ts";

/** Deliveries of each kind that are looked at; those to other targets count, as no index has failures by target. */
const MOST_READ = 500;

export type TargetFailure = Readonly<{
  eventId: string;
  type: string | null;
  state: "failed" | "retrying";
  /** Why it was given up; null while it is retried. */
  reason: string | null;
  nextAttemptAt: number | null;
  /** Its last attempt. */
  result: Pick<DeliveryResult, "id" | "attempt" | "startedAt" | "durationMs" | "statusCode" | "error">;
}>;

type Row = {
  event_id: string;
  type: string | null;
  is_failed: number;
  reason: string | null;
  next_attempt_at: number | null;
  id: string;
  attempt: number;
  started_at: number;
  duration_ms: number;
  status_code: number | null;
  error: string | null;
};

const GIVEN_UP = `SELECT event_id, 1 AS is_failed, reason, next_attempt_at, updated_at, attempts FROM (
    SELECT * FROM deliveries INDEXED BY deliveries_troubled WHERE status = 'failed' ORDER BY event_id DESC LIMIT ?2)
  WHERE target_id = ?1`;
/** Only a delivery between two attempts is due later than now, so the latest due times come first. */
const RETRYING = `SELECT event_id, 0 AS is_failed, reason, next_attempt_at, updated_at, attempts FROM (
    SELECT * FROM deliveries INDEXED BY deliveries_due WHERE target_id = ?1 AND status = 'pending'
      ORDER BY next_attempt_at DESC LIMIT ?2)
  WHERE ${HAD_ATTEMPT}`;
const FAILURES = `SELECT d.event_id, e.type, is_failed, d.reason, d.next_attempt_at,
    r.id, r.attempt, r.started_at, r.duration_ms, r.status_code, r.error
  FROM (SELECT * FROM (${GIVEN_UP} UNION ALL ${RETRYING}) ORDER BY updated_at DESC LIMIT ?3) d
    JOIN events e ON e.id = d.event_id
    JOIN delivery_results r ON r.event_id = d.event_id AND r.target_id = ?1 AND r.attempt = d.attempts
  ORDER BY d.updated_at DESC`;

/** Newest first, among the newest failures of the webhook; about a millisecond. */
export function listTargetFailures(
  { db }: ReadableFile,
  { targetId, limit }: { targetId: string; limit: number },
): readonly TargetFailure[] {
  return db
    .query<Row, [targetId: string, mostRead: number, limit: number]>(FAILURES)
    .all(targetId, MOST_READ, limit)
    .map((row) => ({
      eventId: row.event_id,
      type: row.type,
      state: row.is_failed === 1 ? "failed" : "retrying",
      reason: row.reason,
      nextAttemptAt: row.next_attempt_at,
      result: {
        id: row.id,
        attempt: row.attempt,
        startedAt: row.started_at,
        durationMs: row.duration_ms,
        statusCode: row.status_code,
        error: row.error,
      },
    }));
}
