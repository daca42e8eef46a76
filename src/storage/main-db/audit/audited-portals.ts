/** Adds an entry to the audit log with each change of portal links, in the same transaction. */
import { NO_PORTAL_SETTINGS, type PortalQueries } from "../portal/portal-links.ts";
import type { Auditing } from "./audit-log.ts";
import { changedFields } from "./changed-fields.ts";

export function auditPortals(queries: PortalQueries, { audit, transactions }: Auditing): PortalQueries {
  function changeSettings(userId: string, act: () => void): void {
    const read = () => queries.settingsOf(userId) ?? { ...NO_PORTAL_SETTINGS, managedBy: null };
    transactions.run(() => {
      const before = read();
      act();
      const fields = changedFields(before, read());
      if (fields.length === 0) return;
      audit.add({ action: "portal.update", objectId: userId, ownerId: userId, fields });
    });
  }

  return {
    ...queries,
    insert: (row) =>
      transactions.run(() => {
        queries.insert(row);
        audit.add({ action: "portal_link.create", objectId: row.id, webhookId: row.webhookId });
      }),
    open: (of) =>
      transactions.run(() => {
        const row = queries.open(of);
        if (row !== null) {
          audit.add({ action: "portal_link.open", objectId: row.id, webhookId: row.webhookId });
        }
        return row;
      }),
    remove: (row) =>
      transactions.run(() => {
        queries.remove(row);
        audit.add({ action: "portal_link.revoke", objectId: row.id, webhookId: row.webhookId });
      }),
    removeAll: ({ webhookId }) =>
      transactions.run(() => {
        queries.removeAll({ webhookId });
        audit.add({ action: "portal_link.revoke", objectId: webhookId, webhookId });
      }),
    setSettings: (change) => changeSettings(change.userId, () => queries.setSettings(change)),
    removeSettings: (userId) => changeSettings(userId, () => queries.removeSettings(userId)),
  };
}
