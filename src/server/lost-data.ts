/** Reports data that is lost or out of reach: event files, the data folder, the secret key. */
import type { Config } from "../config.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../observability/log.ts";
import type { StorageMetrics } from "../observability/metrics.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import { listAwaited } from "../storage/cluster/import-folder.ts";
import { watchFolder } from "../storage/folder/folder-watch.ts";
import { listWithoutFile } from "../storage/folder/missing-data.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import { checkSecretKey } from "../webhooks/secret-key-check.ts";

/** Webhooks named in the log. */
const MOST_NAMED = 20;

export function watchLostData(deps: {
  config: Pick<Config, "dataDir" | "dbPath">;
  mainDb: MainDb;
  keys: Sealer;
  clock: Clock;
  log: Logger;
  metrics: Pick<StorageMetrics, "eventFileLost">;
  /** False at a spare of a cluster, which has no event files. */
  keepsFiles: boolean;
}) {
  const { config, mainDb, keys, clock, log, metrics, keepsFiles } = deps;
  const { dataDir, dbPath } = config;
  const folder = watchFolder({ dataDir, dbPath, clock, log });

  checkSecretKey({ mainDb, keys, log });
  // Other nodes of the cluster have these.
  const awaited = new Set(listAwaited(dataDir).map(({ webhookId }) => webhookId));
  const expected = keepsFiles ? mainDb.webhooks.listAll().map(({ id }) => id) : [];
  const missing = listWithoutFile(
    dataDir,
    expected.filter((id) => !awaited.has(id)),
  );
  for (const _ of missing) metrics.eventFileLost();
  if (missing.length > 0) {
    log.error("event files are missing: an empty one is created for each webhook when it is used", {
      webhooks: missing.length,
      webhook_ids: missing.slice(0, MOST_NAMED),
      hint: "stop the gateway and restore them from a backup",
    });
  }
  const known = new Set(missing);

  return {
    isFolderInPlace: folder.isInPlace,
    findLost: folder.findLost,
    /** Takes note that a webhook's file was missing and an empty one was made. */
    noteMissing(webhookId: string): void {
      if (!known.delete(webhookId)) metrics.eventFileLost();
      // A follower's main database is the leader's, whose file is there.
      const isCopy = mainDb.replication.state()?.role === "following";
      if (!isCopy) mainDb.webhooks.noteEventsLost({ id: webhookId, at: clock.now() });
      // A failed sync is logged where it fails, and the file is missing in any case.
      mainDb.synced().catch(() => undefined);
      log.error(
        "the event file of a webhook was missing, and an empty one was created: its events are lost",
        {
          webhook_id: webhookId,
          hint: "stop the gateway and restore the file from a backup",
        },
      );
    },
    start: folder.start,
    stop: folder.stop,
  };
}
