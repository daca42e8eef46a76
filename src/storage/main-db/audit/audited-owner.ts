/** Adds an entry to the audit log for each of the two owners when a webhook is transferred, in the same transaction. */
import type { WebhookQueries } from "../webhooks.ts";
import type { Auditing } from "./audit-log.ts";

export function auditOwner(
  queries: Pick<WebhookQueries, "find" | "setOwner">,
  { audit, transactions }: Auditing,
): WebhookQueries["setOwner"] {
  return (change) =>
    transactions.run(() => {
      const row = queries.find(change.id);
      queries.setOwner(change);
      if (row === null) return;
      const { id: objectId, name: objectName, userId: ownerId } = row;
      const fields = ["owner"];
      const entry = { action: "webhook.transfer", objectId, objectName, webhookId: objectId, fields };
      // Each sees only what concerns them.
      audit.add({ ...entry, ownerId });
      audit.add(entry);
    });
}
