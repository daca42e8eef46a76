/**
 * The event loop's side of the worker that checkpoints, closes and scans event files, and of the threads that sync
 * them.
 */
import { POOL_THREADS } from "../../config.ts";
import { createSyncPool, type SyncDescriptor } from "../workers/sync-pool.ts";
import { openWorkerLine } from "../workers/worker-line.ts";
import type { WorkerRequest } from "./event-file-worker.ts";

type RequestBody<T> = T extends unknown ? Omit<T, "id"> : never;

export type EventFileUpkeep = Readonly<{
  /** Copies the write-ahead log back into the file while writers go on. */
  checkpoint: (path: string) => Promise<void>;
  /** Copies the rest and restarts the WAL; the caller suspends its own writes meanwhile. */
  restartWal: (path: string) => Promise<void>;
  /**
   * Opens a file without a sync on the event loop, creating it if it is missing. `open` is always called, and runs
   * while the worker keeps the file open. Rejects only if `open` throws.
   */
  prepare: (path: string, open: () => void) => Promise<void>;
  /**
   * Closes a file without a sync on the event loop. `close` is always called, and runs between the worker's two steps.
   * Rejects if the WAL could not be copied back.
   */
  retire: (path: string, close: () => void) => Promise<void>;
  /** The given paths that have pending deliveries or cannot be read. */
  scan: (paths: readonly string[]) => Promise<readonly string[]>;
  /** True if the WALs are kept for a replicator, which need not understand anything after their last frames. */
  keepsWals: boolean;
  /** Makes everything written to a file durable; many at once. */
  sync: SyncDescriptor;
  /** Makes new directory entries durable. */
  syncFolder: (path: string) => Promise<void>;
  stop: () => void;
}>;

/**
 * Starts the worker lazily. `script` is another worker's file for tests that need a failing one; `keepsWals` keeps the
 * WALs for a replicator; `threads` is the size of the runtime's thread pool.
 */
export function startEventFileUpkeep({
  script = new URL("./event-file-worker.ts", import.meta.url),
  keepsWals = false,
  threads = POOL_THREADS,
}: {
  script?: URL;
  keepsWals?: boolean;
  threads?: number;
} = {}): EventFileUpkeep {
  const line = openWorkerLine<WorkerRequest, unknown>({
    script,
    what: "the event file worker",
    ...(keepsWals && { first: { kind: "keep-wals", id: 0 } }),
  });

  function ask(request: RequestBody<WorkerRequest>, id = line.nextId()): Promise<unknown> {
    return line.ask(id, { ...request, id });
  }

  return {
    async checkpoint(path) {
      await ask({ kind: "checkpoint", path, restart: false });
    },
    async restartWal(path) {
      await ask({ kind: "checkpoint", path, restart: true });
    },
    async prepare(path, open) {
      const holder = line.nextId();
      // Opening the file reports its faults.
      await ask({ kind: "prepare", path }, holder).catch(() => undefined);
      try {
        open();
      } finally {
        ask({ kind: "let-go", holder }).catch(() => undefined);
      }
    },
    async retire(path, close) {
      const holder = line.nextId();
      try {
        await ask({ kind: "retire", path }, holder);
      } catch (error) {
        close();
        throw error;
      }
      try {
        close();
      } finally {
        await ask({ kind: "release", holder });
      }
    },
    async scan(paths) {
      const found = await ask({ kind: "scan", paths });
      return Array.isArray(found) ? found : [];
    },
    async syncFolder(path) {
      await ask({ kind: "sync-folder", path });
    },
    keepsWals,
    sync: createSyncPool(threads),
    stop: () => line.stop(),
  };
}
