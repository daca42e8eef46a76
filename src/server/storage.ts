/** Opens the main database and the event files, with their workers, the disk reserve and the watch for lost data. */
import type { Config } from "../config.ts";
import type { Clock } from "../lib/clock.ts";
import { AppError } from "../lib/errors.ts";
import type { Logger } from "../observability/log.ts";
import type { StorageMetrics } from "../observability/metrics.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import { type EventFileUpkeep, startEventFileUpkeep } from "../storage/event-files/event-file-upkeep.ts";
import { openEventStorage, type Replicate } from "../storage/event-storage.ts";
import { createDiskReserve } from "../storage/folder/disk-reserve.ts";
import { openMainDb } from "../storage/main-db/open.ts";
import { LONGEST_WAL_PAGES } from "../storage/sqlite/sqlite.ts";
import { watchLostData } from "./lost-data.ts";

/** Syncs and checkpoints the main database off the event loop. */
export type MainDbUpkeep = Pick<EventFileUpkeep, "checkpoint" | "restartWal" | "sync" | "stop">;

export type StorageParts = ReturnType<typeof openStorageParts>;

/** Call it while the folder is locked: two processes would damage each other's event files. */
export function openStorageParts(deps: {
  config: Config;
  keys: Sealer;
  clock: Clock;
  log: Logger;
  metrics: StorageMetrics;
  /** Event files open at once. */
  maxOpenFiles: number;
  /** Called after new events of a webhook are on disk; `hasDue` where some of them may have to be delivered. */
  onRecorded: (webhookId: string, hasDue: boolean) => void;
  /** By default a worker and the runtime's thread pool; stopped by `close`. */
  mainDbUpkeep?: MainDbUpkeep | undefined;
  /** Returns the writer to use instead of the files' own. */
  replicate?: Replicate | undefined;
  /** False at a spare of a cluster, which has no event files. */
  keepsFiles: boolean;
}) {
  const { config, keys, clock, log, metrics, maxOpenFiles, onRecorded, keepsFiles } = deps;
  const keepsWals = config.checkpoints === "replicator";
  const onError = (message: string, cause: unknown) => {
    metrics.failed();
    log.error(message, { cause });
  };
  const reserve = createDiskReserve({ folder: config.dataDir, log });
  // Not the event files' worker, whose work may take long.
  const upkeep = deps.mainDbUpkeep ?? startEventFileUpkeep({ keepsWals, threads: config.threads });
  const background = { upkeep, onError, makeRoom: reserve.noteFault };
  const mainDb = openOr(upkeep.stop, () => openMainDb({ path: config.dbPath, clock, keepsWals, background }));
  if (!deps.replicate && mainDb.replication.state() !== null) {
    mainDb.close();
    throw partOfCluster(config.dataDir);
  }
  const lost = watchLostData({ config, mainDb, keys, clock, log, metrics, keepsFiles });
  const storage = openEventStorage({
    dataDir: config.dataDir,
    maxOpen: maxOpenFiles,
    threads: config.threads,
    clock,
    onRecorded,
    onError,
    metrics,
    reserve,
    isFolderInPlace: lost.isFolderInPlace,
    onMissing: lost.noteMissing,
    keepsFiles,
    ...(deps.replicate && { replicate: deps.replicate }),
    longestWalPages: keepsWals ? LONGEST_WAL_PAGES : null,
  });

  return {
    mainDb,
    storage,
    reserve,
    lost,
    /** Call it when nothing reads or writes any more; ends when every file is closed. */
    async close(): Promise<void> {
      await storage.close();
      await mainDb.drain();
      mainDb.close();
      upkeep.stop();
    },
  };
}

function openOr<T>(undo: () => void, open: () => T): T {
  try {
    return open();
  } catch (error) {
    undo();
    throw error;
  }
}

function partOfCluster(dataDir: string): AppError {
  return new AppError({
    kind: "conflict",
    code: "part_of_cluster",
    message: `The data in ${dataDir} belongs to a node of a cluster, and CLUSTER_URL is not set.`,
    hint: "Set CLUSTER_URL. To use the data on this machine alone from now on, run `webhooker cluster leave`.",
  });
}
