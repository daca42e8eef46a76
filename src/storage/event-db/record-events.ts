/** Stores events with their first deliveries; raw statements, as this is the ingest path. */
import { derivedId } from "../../lib/ids.ts";
import type { EventFile } from "./event-file.ts";
import { mustWaitInLane } from "./order.ts";
import type { EventDraft } from "./types.ts";

/** Prepared at its first use, as most files never need it. */
const INSERT_IN_LANE = `INSERT INTO deliveries
    (event_id, target_id, id, status, next_attempt_at, created_at, updated_at, order_key)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

/** Stores an event and its deliveries inside the caller's transaction. */
export function recordEvent(file: EventFile, draft: EventDraft): void {
  // An event is stored only for targets of the file's own webhook, whatever ids the file contains.
  if (draft.webhookId !== file.webhookId) throw new Error("an event of another webhook is not stored here");
  const { insertEvent, insertDelivery } = file.record;
  insertEvent.run(
    draft.id,
    draft.entrypointId,
    draft.receivedAt,
    draft.method,
    draft.pathTail,
    draft.query,
    JSON.stringify(draft.headers),
    draft.contentType,
    draft.remoteAddress,
    draft.body.byteLength,
    draft.body,
    draft.type,
    file.filterNumbers.listOf(draft.filtered),
    file.filterNumbers.listOf(draft.unjudged),
  );
  file.tally.received(draft.entrypointId, draft.receivedAt);
  file.knownDue.recorded(draft);
  for (const { targetId } of draft.filtered ?? []) file.tally.filtered(targetId);
  for (const target of draft.targets) {
    const status = target.settlesAtIngest ? "delivered" : target.held ? "held" : "pending";
    const dueAt = status === "pending" ? draft.receivedAt : null;
    file.tally.moved(target.id, null, status);
    const { receivedAt } = draft;
    const id = derivedId(draft.id, target.id);
    if (target.orderKey === undefined || status === "delivered") {
      insertDelivery.run(draft.id, target.id, id, status, dueAt, receivedAt, receivedAt);
      continue;
    }
    const delivery = { eventId: draft.id, targetId: target.id, orderKey: target.orderKey };
    const due = dueAt === null || mustWaitInLane(file, delivery) ? null : dueAt;
    const { db } = file;
    db.query(INSERT_IN_LANE).run(
      draft.id,
      target.id,
      id,
      status,
      due,
      receivedAt,
      receivedAt,
      target.orderKey,
    );
  }
}
