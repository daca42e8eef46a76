/**
 * Stores open circuits, so that a restart makes no attempts at targets known to be down, and reads the state that the
 * delivery engine starts with.
 */
import type { EventFile } from "../event-file.ts";

export type OpenCircuit = Readonly<{
  /** Milliseconds UTC. */
  openedAt: number;
  reason: string;
}>;

/** A target's state before the delivery engine started. */
export type TargetBefore = Readonly<{
  circuit: OpenCircuit | null;
  /** When its last attempt ended, milliseconds UTC. */
  lastAttemptAt: number | null;
}>;

type Row = {
  target_id: string;
  last_result_at: number | null;
  opened_at: number | null;
  reason: string | null;
};

/** State by target id; a target that never had a delivery is missing. */
export function readTargetsBefore(file: EventFile): ReadonlyMap<string, TargetBefore> {
  const rows = file.db
    .query<Row, []>(
      `SELECT t.target_id, t.last_result_at, c.opened_at, c.reason
        FROM target_tallies t LEFT JOIN open_circuits c ON c.target_id = t.target_id`,
    )
    .all();
  return new Map(
    rows.map(({ target_id, last_result_at, opened_at, reason }) => [
      target_id,
      {
        circuit: opened_at === null || reason === null ? null : { openedAt: opened_at, reason },
        lastAttemptAt: last_result_at,
      },
    ]),
  );
}

/** Stores the open circuit; null deletes it, as the circuit is closed. Runs inside the caller's transaction. */
export function writeCircuit(file: EventFile, targetId: string, circuit: OpenCircuit | null): void {
  if (circuit === null) {
    file.db.query<unknown, [string]>("DELETE FROM open_circuits WHERE target_id = ?").run(targetId);
    return;
  }
  file.db
    .query<unknown, [string, number, string]>(
      `INSERT INTO open_circuits (target_id, opened_at, reason) VALUES (?, ?, ?)
       ON CONFLICT (target_id) DO UPDATE SET opened_at = excluded.opened_at, reason = excluded.reason`,
    )
    .run(targetId, circuit.openedAt, circuit.reason);
}
