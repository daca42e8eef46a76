/** Removes event files that a crash has left: of webhooks that were deleted, and of those that never came to be. */
import { nextTurn } from "../lib/pauses.ts";
import type { Logger } from "../observability/log.ts";
import { listEventFiles, wasUsed } from "../storage/event-files/unused-files.ts";
import type { WebhookDBManager } from "../storage/event-files/webhook-db-manager.ts";
import type { MainDb } from "../storage/main-db/open.ts";

/** Webhooks that are looked up before it is the turn of others. */
const PER_TURN = 500;

/** Call it before anything makes files: those that are there are what a process before has left. */
export function createLeftovers(deps: {
  mainDb: Readonly<{
    webhooks: Pick<MainDb["webhooks"], "find" | "listDeletedIds">;
    replication: Pick<MainDb["replication"], "hasWebhook" | "hasDeletedWebhook">;
  }>;
  files: Pick<WebhookDBManager, "deleteLeftovers" | "pathOf">;
  dataDir: string;
  log: Logger;
}): () => Promise<void> {
  const { mainDb, files, dataDir, log } = deps;
  const { webhooks, replication } = mainDb;
  const found = listEventFiles(dataDir);

  async function removeOfDeleted(): Promise<void> {
    for (const id of webhooks.listDeletedIds()) {
      // Meanwhile an import may have made it visible.
      if (webhooks.find(id) === null) await files.deleteLeftovers([id]);
    }
  }

  /** A webhook's file is made before its row. One with events may belong to a main database that was not restored. */
  async function removeUnused(): Promise<void> {
    for (const [index, id] of found.entries()) {
      if (index % PER_TURN === 0) await nextTurn();
      if (replication.hasWebhook(id) || replication.hasDeletedWebhook(id) || wasUsed(files.pathOf(id)))
        continue;
      await files.deleteLeftovers([id]);
      log.info("an empty event file of a webhook that never came to be is removed", { webhook_id: id });
    }
  }

  return async () => {
    try {
      await removeOfDeleted();
      await removeUnused();
    } catch (error) {
      log.error("event files that a crash has left could not be removed", { cause: error });
    }
  };
}
