/** Writes events with their first deliveries; raw statements, as this is the ingest path. */
import type { Database } from "bun:sqlite";
import { newId } from "../../lib/ids.ts";
import type { EventFile } from "./event-file.ts";
import type { EventDraft } from "./types.ts";

export function prepareRecordStatements(db: Database) {
  return {
    insertEvent: db.prepare(
      `INSERT INTO events (id, entrypoint_id, received_at, method, path_tail, query, headers, content_type,
         remote_address, body_size, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    insertDelivery: db.prepare(
      `INSERT INTO deliveries (event_id, target_id, id, status, next_attempt_at, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
  };
}

/** Runs inside the caller's transaction. */
export function recordEvent(file: EventFile, draft: EventDraft): void {
  const { insertEvent, insertDelivery } = file.record;
  insertEvent.run(
    draft.id,
    draft.entrypointId,
    draft.receivedAt,
    draft.method,
    draft.pathTail,
    draft.query,
    draft.headersJson,
    draft.contentType,
    draft.remoteAddress,
    draft.body.byteLength,
    draft.body,
  );
  file.tally.received(draft.entrypointId, draft.receivedAt, draft.body.byteLength);
  for (const target of draft.targets) {
    const status = target.settlesAtIngest ? "delivered" : "pending";
    const dueAt = target.settlesAtIngest ? null : draft.receivedAt;
    file.tally.moved(target.id, null, status);
    insertDelivery.run(draft.id, target.id, newId(), status, dueAt, draft.receivedAt, draft.receivedAt);
  }
}
