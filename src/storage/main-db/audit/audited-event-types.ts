/** Adds an entry to the audit log with each change of a catalogue of event types, in the same transaction. */
import type { EventTypeQueries, EventTypeRow } from "../catalogue/event-types.ts";
import type { Auditing } from "./audit-log.ts";
import { changedFields } from "./changed-fields.ts";

export function auditEventTypes(
  queries: EventTypeQueries,
  { audit, transactions }: Auditing,
): EventTypeQueries {
  function add(verb: string, { id, userId, name }: EventTypeRow, fields: readonly string[] = []): void {
    const of = { objectId: id, objectName: name, ownerId: userId };
    audit.add({ action: `event_type.${verb}`, ...of, fields });
  }

  return {
    ...queries,
    insert: (row) =>
      transactions.run(() => {
        queries.insert(row);
        add("create", row);
      }),
    update: (row) =>
      transactions.run(() => {
        const before = queries.find(row);
        queries.update(row);
        const fields = before ? changedFields(before, row) : [];
        if (fields.length > 0) add("update", row, fields);
      }),
    remove: (key) =>
      transactions.run(() => {
        const row = queries.find(key);
        queries.remove(key);
        if (row) add("delete", row);
      }),
    setCheck: (change) =>
      transactions.run(() => {
        const before = queries.checkOf(change.userId);
        queries.setCheck(change);
        if (before === change.check) return;
        const { userId: ownerId } = change;
        audit.add({ action: "event_type_settings.update", objectId: ownerId, ownerId, fields: ["check"] });
      }),
  };
}
