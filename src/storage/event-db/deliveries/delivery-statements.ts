/** Statements that claim due deliveries and store their results; raw SQL, as this is the delivery path. */
import type { Database } from "bun:sqlite";
import { prepareLazily } from "../../sqlite/lazy-statements.ts";
import type { DeliveryStatus } from "../types.ts";

export type DueRow = Readonly<{
  event_id: string;
  attempts: number;
  attempts_at_replay: number;
  replays: number;
  due_at: number;
  due_since: number;
}>;

export type EventRow = Readonly<{
  id: string;
  entrypoint_id: string;
  received_at: number;
  method: string;
  path_tail: string;
  query: string;
  headers: string;
  content_type: string;
  remote_address: string;
  type: string | null;
  body_size: number;
  body: Uint8Array;
}>;

export function prepareDeliveryStatements(db: Database) {
  return prepareLazily({
    /** Due after one time and up to another, oldest first. */
    due: () =>
      db.prepare<DueRow, [targetId: string, after: number, upTo: number, limit: number]>(
        `SELECT event_id, attempts, attempts_at_replay, replays, next_attempt_at AS due_at,
          coalesce(replayed_at, created_at) AS due_since
         FROM deliveries
        WHERE target_id = ? AND status = 'pending' AND next_attempt_at > ? AND next_attempt_at <= ?
        ORDER BY next_attempt_at LIMIT ?`,
      ),
    /** Due after one time and up to another, latest first. */
    latestDue: () =>
      db.prepare<DueRow, [targetId: string, after: number, upTo: number, limit: number]>(
        `SELECT event_id, attempts, attempts_at_replay, replays, next_attempt_at AS due_at,
          coalesce(replayed_at, created_at) AS due_since
         FROM deliveries
        WHERE target_id = ? AND status = 'pending' AND next_attempt_at > ? AND next_attempt_at <= ?
        ORDER BY next_attempt_at DESC LIMIT ?`,
      ),
    pending: () =>
      db.prepare<Omit<DueRow, "due_at"> & { due_at: number | null }, [eventId: string, targetId: string]>(
        `SELECT event_id, attempts, attempts_at_replay, replays, next_attempt_at AS due_at,
          coalesce(replayed_at, created_at) AS due_since
         FROM deliveries WHERE event_id = ? AND target_id = ? AND status = 'pending'`,
      ),
    earliest: () =>
      db.prepare<{ at: number | null }, [targetId: string, after: number]>(
        `SELECT min(next_attempt_at) AS at FROM deliveries
        WHERE target_id = ? AND status = 'pending' AND next_attempt_at > ?`,
      ),
    latest: () =>
      db.prepare<{ at: number | null }, [targetId: string]>(
        "SELECT max(next_attempt_at) AS at FROM deliveries WHERE target_id = ? AND status = 'pending'",
      ),
    event: () => db.prepare<EventRow, [id: string]>("SELECT * FROM events WHERE id = ?"),
    nextPendingTarget: () =>
      db.prepare<{ target_id: string }, [after: string]>(
        "SELECT target_id FROM deliveries WHERE status = 'pending' AND target_id > ? ORDER BY target_id LIMIT 1",
      ),
    nextHeldTarget: () =>
      db.prepare<{ target_id: string }, [after: string]>(
        "SELECT target_id FROM deliveries WHERE status = 'held' AND target_id > ? ORDER BY target_id LIMIT 1",
      ),
    insertResult: () =>
      db.prepare(
        `INSERT INTO delivery_results (event_id, target_id, attempt, id, started_at, duration_ms, status_code, error,
         response_headers, response_body, response_body_truncated, transformation_version, transformation_failed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
    state: () =>
      db.prepare<
        { status: DeliveryStatus; replays: number; attempts: number; order_key: string | null },
        [eventId: string, targetId: string]
      >("SELECT status, replays, attempts, order_key FROM deliveries WHERE event_id = ? AND target_id = ?"),
    settle: () =>
      db.prepare(
        `UPDATE deliveries SET attempts = ?3, updated_at = ?4, status = ?5, next_attempt_at = ?6, reason = ?7
        WHERE event_id = ?1 AND target_id = ?2`,
      ),
    /** Like `settle` for a delivery that is in no lane and has not changed since the attempt began: nearly all. */
    settlePlain: () =>
      db.prepare(
        `UPDATE deliveries SET attempts = ?3, updated_at = ?4, status = ?5, next_attempt_at = ?6, reason = ?7
        WHERE event_id = ?1 AND target_id = ?2
          AND status = 'pending' AND attempts < ?3 AND replays = ?8 AND order_key IS NULL`,
      ),
    // For a replay requested during the attempt: the delivery stays pending, the attempt is still counted.
    countAttempt: () =>
      db.prepare(
        `UPDATE deliveries SET attempts = ?3, attempts_at_replay = ?3, updated_at = ?4
        WHERE event_id = ?1 AND target_id = ?2`,
      ),
    countLateAttempt: () =>
      db.prepare(
        "UPDATE deliveries SET attempts = ?3, updated_at = ?4 WHERE event_id = ?1 AND target_id = ?2",
      ),
    nthDue: () =>
      db.prepare<{ at: number }, [targetId: string, after: number, offset: number]>(
        `SELECT next_attempt_at AS at FROM deliveries
        WHERE target_id = ? AND status = 'pending' AND next_attempt_at > ?
        ORDER BY next_attempt_at LIMIT 1 OFFSET ?`,
      ),
    shift: () =>
      db.prepare<unknown, [delta: number, targetId: string, after: number, upTo: number]>(
        `UPDATE deliveries SET next_attempt_at = next_attempt_at + ?1
        WHERE target_id = ?2 AND status = 'pending' AND next_attempt_at > ?3 AND next_attempt_at <= ?4`,
      ),
    discard: () =>
      db.prepare<unknown, [targetId: string, limit: number, reason: string, now: number]>(
        `UPDATE deliveries SET status = 'discarded', next_attempt_at = NULL, reason = ?3, updated_at = ?4
        WHERE (event_id, target_id) IN
          (SELECT event_id, target_id FROM deliveries WHERE target_id = ?1 AND status = 'pending'
            ORDER BY next_attempt_at, event_id LIMIT ?2)`,
      ),
    replay: () =>
      db.prepare<
        unknown,
        [
          eventId: string,
          targetId: string,
          id: string,
          now: number,
          dueAt: number | null,
          newKey: string | null,
        ]
      >(
        `INSERT INTO deliveries (event_id, target_id, id, status, next_attempt_at, created_at, updated_at, order_key)
       VALUES (?1, ?2, ?3, 'pending', ?5, ?4, ?4, ?6)
       ON CONFLICT (event_id, target_id) DO UPDATE SET status = 'pending', next_attempt_at = ?5, reason = NULL,
         replays = replays + 1, attempts_at_replay = attempts, replayed_at = ?4, updated_at = ?4`,
      ),
  });
}
