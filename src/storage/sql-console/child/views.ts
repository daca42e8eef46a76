/** Makes the views that SQL may read, in the connection's own temporary database. */
import type { DatabaseSync } from "node:sqlite";
import { MOST_BODY_BYTES } from "../columns.ts";
import type { Names, SqlQuery } from "../order.ts";

/** The columns of the event file that the views are made of: all that can be read, in whatever words. */
export const FILE_COLUMNS: Readonly<Record<string, ReadonlySet<string>>> = {
  events: new Set([
    ...["id", "type", "received_at", "method", "path_tail", "query", "headers", "content_type"],
    ...["remote_address", "entrypoint_id", "body_size", "body"],
  ]),
  deliveries: new Set([
    ...["event_id", "target_id", "id", "status", "attempts", "replays", "next_attempt_at", "reason"],
    ...["created_at", "updated_at"],
  ]),
  delivery_results: new Set([
    ...["event_id", "target_id", "attempt", "id", "started_at", "duration_ms", "status_code", "error"],
    ...["response_headers", "response_body", "response_body_truncated"],
    ...["transformation_version", "transformation_failed"],
  ]),
};

const BODY = `CASE WHEN body_size <= ${MOST_BODY_BYTES} THEN body END`;
const BODY_TEXT = `CAST(${BODY} AS TEXT)`;

export function createViews(db: DatabaseSync, { newest, names }: Pick<SqlQuery, "newest" | "names">): void {
  const limit = newest === null ? -1 : Math.trunc(newest);
  // A limit, also for all of them: without one, SQLite would merge the view into the query, and carry whole bodies
  // through its sorters.
  db.exec(`CREATE TEMP VIEW events AS
    SELECT id, type, received_at, method, path_tail AS path, query, headers, content_type, remote_address,
      entrypoint_id, body_size, ${BODY} AS body,
      CASE WHEN json_valid(${BODY_TEXT}) THEN ${BODY_TEXT} END AS json
    FROM main.events ORDER BY id DESC LIMIT ${limit}`);
  const since =
    newest === null
      ? ""
      : `WHERE event_id >= (
          SELECT coalesce(min(id), '') FROM (SELECT id FROM main.events ORDER BY id DESC LIMIT ${limit}))`;
  db.exec(`CREATE TEMP VIEW deliveries AS
    SELECT event_id, target_id, id AS delivery_id, status, attempts, replays, next_attempt_at, reason, created_at,
      updated_at
    FROM main.deliveries ${since}`);
  db.exec(`CREATE TEMP VIEW results AS
    SELECT event_id, target_id, attempt, id AS result_id, started_at, duration_ms, status_code, error,
      response_headers, response_body, response_body_truncated, transformation_version, transformation_failed
    FROM main.delivery_results ${since}`);
  createNames(db, "targets", names.targets);
  createNames(db, "entrypoints", names.entrypoints);
}

function createNames(db: DatabaseSync, table: "targets" | "entrypoints", names: Names): void {
  db.exec(`CREATE TEMP TABLE ${table} (id TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID`);
  const insert = db.prepare(`INSERT OR IGNORE INTO ${table} VALUES (?, ?)`);
  for (const [id, name] of names) insert.run(id, name);
}
