/** Applies the leader's rows to this node's main database, and makes, awaits and deletes event files as they say. */
import { existsSync } from "node:fs";
import type { ConfigCopy } from "../../storage/cluster/config-copy.ts";
import type { ImportedFiles } from "../../storage/cluster/imported-files.ts";
import type { WebhookDBManager } from "../../storage/event-files/webhook-db-manager.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import { webhooksIn } from "../../storage/main-db/replication/touched-webhooks.ts";

export function createConfigCopy({
  mainDb: { replication },
  files,
  imported,
  keepsFiles,
  onRows,
}: {
  mainDb: Pick<MainDb, "replication">;
  files: Pick<WebhookDBManager, "create" | "delete" | "pathOf">;
  imported: Pick<ImportedFiles, "arrived" | "deleted" | "expect" | "undone" | "writable">;
  keepsFiles: boolean;
  /** Called after rows were applied. */
  onRows: () => void;
}): ConfigCopy {
  return {
    keepsFiles,
    // A leader that is deposed may have deleted a webhook that stays: until its file is gone, the file gets all.
    takesEntries: (id) => replication.hasWebhook(id) || existsSync(files.pathOf(id)),
    writable: imported.writable,
    async apply(rows, position) {
      const { live, deleted } = webhooksIn(rows);
      // The database may be ahead of what is read again: webhooks of before would get files once more.
      if (position <= (replication.state()?.position ?? 0)) return { filesThere: imported.arrived(live) };
      // Before the rows say that there is a webhook: without a file its events would count as lost.
      for (const id of keepsFiles ? live : []) {
        if (replication.hasWebhook(id)) continue;
        // Only an import shows a webhook that was hidden, and its file is at other nodes.
        if (replication.hasDeletedWebhook(id)) await imported.expect({ webhookId: id, position });
        else await files.create(id);
      }
      for (const id of deleted) if (replication.hasDeletedWebhook(id)) await imported.undone(id);
      const gone = replication.apply(rows, position).deleted;
      for (const id of gone) {
        await imported.deleted(id);
        await files.delete(id);
      }
      onRows();
      return { filesThere: imported.arrived(live) };
    },
  };
}
