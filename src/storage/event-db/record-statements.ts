/** The statements that store events and their first deliveries. */
import type { Database } from "bun:sqlite";

export function prepareRecordStatements(db: Database) {
  return {
    insertEvent: db.prepare(
      `INSERT INTO events (id, entrypoint_id, received_at, method, path_tail, query, headers, content_type,
         remote_address, body_size, body, type, filtered, unjudged)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    insertDelivery: db.prepare(
      `INSERT INTO deliveries (event_id, target_id, id, status, next_attempt_at, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
  };
}
