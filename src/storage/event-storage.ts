/** Composes everything that serves the event files (manager, workers, writer, stores), opened and closed as one. */
import type { Clock } from "../lib/clock.ts";
import { noMetrics, type StorageMetrics } from "../observability/metrics.ts";
import { type EventFileUpkeep, startEventFileUpkeep } from "./event-files/event-file-upkeep.ts";
import { WebhookDBManager } from "./event-files/webhook-db-manager.ts";
import type { DiskReserve } from "./folder/disk-reserve.ts";
import { type EventReader, startEventReader } from "./reader/event-reader.ts";
import { createChangeSignal } from "./stores/change-signal.ts";
import { createEventStore, type EventStore } from "./stores/event-store.ts";
import { createRejectedStore, type RejectedStore } from "./stores/rejected-store.ts";
import { createThrottleStore, type ThrottleStore } from "./stores/throttle-store.ts";
import { createEventWriter, type EventWriter, type LocalWriter } from "./writer/event-writer.ts";

export type EventStorage = Readonly<{
  files: WebhookDBManager;
  writer: EventWriter;
  reader: EventReader;
  events: EventStore;
  throttle: ThrottleStore;
  rejected: RejectedStore;
  /** Resolves when everything accepted is stored and every file is closed. */
  close: () => Promise<void>;
}>;

/** Returns a writer that brings its writes to the files by way of a cluster's log. */
export type Replicate = (local: LocalWriter) => EventWriter;

export function openEventStorage(options: {
  dataDir: string;
  /** Number of files open at once. */
  maxOpen: number;
  clock: Clock;
  /** Called after new events of a webhook are on disk; `hasDue` if some of them may have to be delivered. */
  onRecorded?: (webhookId: string, hasDue: boolean) => void;
  onError: (message: string, cause: unknown) => void;
  metrics?: StorageMetrics;
  /** Refuses events while the disk is full. Without it, every event is written until SQLite fails. */
  reserve?: DiskReserve;
  /** WAL length in pages up to which checkpoints are left to a replicator such as Litestream; null if there is none. */
  longestWalPages?: number | null;
  /** Threads in the runtime's pool. */
  threads?: number;
  /** False while no file may be created. */
  isFolderInPlace?: () => boolean;
  /** Called when a webhook's file is missing and an empty one is created. */
  onMissing?: (webhookId: string) => void;
  /** False at a spare of a cluster: no event file is opened or made. */
  keepsFiles?: boolean;
  /** By default the files are written directly. */
  replicate?: Replicate;
}): EventStorage {
  const { dataDir, maxOpen, clock, onRecorded = () => {}, metrics = noMetrics, reserve } = options;
  const { longestWalPages: checkpointPages = null } = options;
  const keepsWals = checkpointPages !== null;
  const { threads } = options;
  const upkeep = startEventFileUpkeep({ keepsWals, ...(threads !== undefined && { threads }) });
  const files = new WebhookDBManager({
    dataDir,
    maxOpen,
    upkeep,
    monotonic: clock.monotonic,
    metrics,
    ...(options.isFolderInPlace && { isFolderInPlace: options.isFolderInPlace }),
    ...(options.onMissing && { onMissing: options.onMissing }),
    ...(options.keepsFiles !== undefined && { keepsFiles: options.keepsFiles }),
  });
  const changes = createChangeSignal();
  const local = createEventWriter({
    files,
    onRecorded,
    metrics,
    upkeep: keepsWals ? reportLongWals(upkeep, options.onError) : upkeep,
    ...(keepsWals && { checkpointPages }),
    monotonic: clock.monotonic,
    onStored: changes.announce,
    onError(message, cause) {
      reserve?.noteFault(cause);
      options.onError(message, cause);
    },
  });
  const writer = options.replicate?.(local) ?? local;
  const reader = startEventReader();
  const events = createEventStore({ files, writer, reader, changes, clock });

  /** Returns null while there is space. */
  function refuse(): Promise<never> | null {
    const refusal = reserve?.refusal() ?? null;
    return refusal === null ? null : Promise.reject(refusal);
  }

  return {
    files,
    writer,
    reader,
    events: {
      ...events,
      append: (draft) => refuse() ?? events.append(draft),
      appendOnce: (draft, dedupKey) => refuse() ?? events.appendOnce(draft, dedupKey),
    },
    throttle: createThrottleStore({ writer }),
    rejected: createRejectedStore({ files, writer }),
    async close() {
      await writer.drain();
      await files.closeAll();
      await reserve?.settled();
      reader.stop();
      upkeep.stop();
    },
  };
}

/** Reports every checkpoint: the gateway doing the replicator's work is a fault. */
function reportLongWals(
  upkeep: EventFileUpkeep,
  onError: (message: string, cause: unknown) => void,
): EventFileUpkeep {
  return {
    ...upkeep,
    checkpoint(path) {
      const cause = new Error("Check that the replicator is running and replicates this file.");
      onError(`the write-ahead log of ${path} has grown too long, so the gateway checkpoints it`, cause);
      return upkeep.checkpoint(path);
    },
  };
}
