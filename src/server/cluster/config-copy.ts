/** Applies the leader's rows to this node's main database, and makes and deletes event files as they say. */
import { existsSync } from "node:fs";
import type { ConfigCopy } from "../../storage/cluster/applier.ts";
import type { WebhookDBManager } from "../../storage/event-files/webhook-db-manager.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import { liveWebhooksIn } from "../../storage/main-db/replication/touched-webhooks.ts";

export function createConfigCopy({
  mainDb: { replication },
  files,
  keepsFiles,
  onRows,
}: {
  mainDb: Pick<MainDb, "replication">;
  files: Pick<WebhookDBManager, "create" | "delete" | "pathOf">;
  keepsFiles: boolean;
  /** Called after rows were applied. */
  onRows: () => void;
}): ConfigCopy {
  return {
    keepsFiles,
    // A leader that is deposed may have deleted a webhook that stays: until its file is gone, the file gets all.
    takesEntries: (id) => replication.hasWebhook(id) || existsSync(files.pathOf(id)),
    async apply(rows, position) {
      // The database may be ahead of what is read again: webhooks of before would get files once more.
      if (position <= (replication.state()?.position ?? 0)) return;
      // Before the rows say that there is a webhook: without a file its events would count as lost.
      const made = keepsFiles ? liveWebhooksIn(rows) : [];
      for (const id of made) if (!replication.hasWebhook(id)) await files.create(id);
      const { deleted } = replication.apply(rows, position);
      for (const id of deleted) await files.delete(id);
      onRows();
    },
  };
}
