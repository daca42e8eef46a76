/** Adds an entry to the audit log with each change of a catalogue of event types, in the same transaction. */
import type { CatalogueSettings, EventTypeQueries, EventTypeRow } from "../catalogue/event-types.ts";
import type { RowWrite } from "../row-statements.ts";
import type { Auditing } from "./audit-log.ts";
import { changedFields } from "./changed-fields.ts";

export type AuditedEventTypes = Omit<EventTypeQueries, "inserting" | "updating" | "deleting"> &
  Readonly<{
    /** Each does now what needs no transaction, and returns the rest. The rows must still be stored when that runs. */
    inserting: (row: EventTypeRow) => RowWrite;
    updating: (of: Readonly<{ before: EventTypeRow; after: EventTypeRow }>) => RowWrite;
    deleting: (row: EventTypeRow) => RowWrite;
  }>;

export function auditEventTypes(
  queries: EventTypeQueries,
  { audit, transactions }: Auditing,
): AuditedEventTypes {
  function audited(
    verb: string,
    { id, userId, name }: EventTypeRow,
    write: RowWrite,
    fields: readonly string[] = [],
  ): RowWrite {
    const of = { objectId: id, objectName: name, ownerId: userId };
    return () =>
      transactions.run(() => {
        write();
        audit.add({ action: `event_type.${verb}`, ...of, fields });
      });
  }

  function changeSettings(userId: string, act: () => void): void {
    transactions.run(() => {
      const before = queries.settingsOf(userId) ?? NO_SETTINGS;
      act();
      const fields = changedFields(before, queries.settingsOf(userId) ?? NO_SETTINGS);
      if (fields.length === 0) return;
      const of = { objectId: userId, ownerId: userId };
      audit.add({ action: "event_type_settings.update", ...of, fields });
    });
  }

  return {
    ...queries,
    inserting: (row) => audited("create", row, queries.inserting(row)),
    updating({ before, after }) {
      const write = queries.updating(after);
      const fields = changedFields(before, after);
      return fields.length === 0 ? write : audited("update", after, write, fields);
    },
    deleting: (row) => audited("delete", row, queries.deleting(row)),
    setSettings: (change) => changeSettings(change.userId, () => queries.setSettings(change)),
    removeSettings: (userId) => changeSettings(userId, () => queries.removeSettings(userId)),
  };
}

const NO_SETTINGS: CatalogueSettings = { check: "off", managedBy: null };
