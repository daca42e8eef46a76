/** Reads a webhook's event file beside the running gateway, read-only, to count its events and deliveries. */
import { Database } from "bun:sqlite";
import { statSync } from "node:fs";

type Fate = Readonly<{
  events: number;
  delivered: number;
  results: number;
  /** Milliseconds from the first event's receipt to the last stored state. */
  spanMs: number;
}>;

export function countPending(eventFile: string): number {
  return query(
    eventFile,
    "SELECT count(*) AS n FROM deliveries WHERE status = 'pending'",
    (row) => row.n ?? 0,
  );
}

export function countEvents(eventFile: string): number {
  return query(eventFile, "SELECT count(*) AS n FROM events", (row) => row.n ?? 0);
}

/** Reads the gateway's own tallies: counting rows would take longer with every minute of a long run. */
export function readTallies(eventFile: string): Readonly<{ pending: number; delivered: number }> {
  const sql = "SELECT sum(pending) AS pending, sum(delivered) AS delivered FROM target_tallies";
  return query(eventFile, sql, (row) => ({ pending: row.pending ?? 0, delivered: row.delivered ?? 0 }));
}

/** Bytes of its write-ahead log; 0 if it is closed. */
export function walBytes(eventFile: string): number {
  return statSync(`${eventFile}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}

/** Counts the events received at or after `since`, milliseconds UTC. */
export function readFate(eventFile: string, since: number): Fate {
  const at = Math.floor(since);
  const sql = `SELECT (SELECT count(*) FROM events WHERE received_at >= ${at}) AS events,
    (SELECT count(*) FROM deliveries WHERE status = 'delivered' AND created_at >= ${at}) AS delivered,
    (SELECT count(*) FROM delivery_results WHERE started_at >= ${at}) AS results,
    (SELECT max(updated_at) FROM deliveries)
      - (SELECT min(received_at) FROM events WHERE received_at >= ${at}) AS span`;
  return query(eventFile, sql, (row) => ({
    events: row.events ?? 0,
    delivered: row.delivered ?? 0,
    results: row.results ?? 0,
    spanMs: row.span ?? 0,
  }));
}

function query<T>(eventFile: string, sql: string, read: (row: Record<string, number>) => T): T {
  const db = new Database(eventFile, { readonly: true });
  try {
    db.run("PRAGMA busy_timeout = 5000");
    return read(db.query<Record<string, number>, []>(sql).get() ?? {});
  } finally {
    db.close();
  }
}
