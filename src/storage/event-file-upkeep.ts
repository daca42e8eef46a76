/** The event loop's side of the worker that checkpoints, closes and scans event files. */
import type { WorkerAnswer, WorkerRequest } from "./event-file-worker.ts";

type RequestBody<T> = T extends unknown ? Omit<T, "id"> : never;
type Waiting = Readonly<{ resolve: (value: unknown) => void; reject: (error: Error) => void }>;

export type EventFileUpkeep = Readonly<{
  /** Copies the write-ahead log back into the file while writers go on. */
  checkpoint: (path: string) => Promise<void>;
  /** Copies the rest and starts the log over; the caller holds back its own writes meanwhile. */
  restartLog: (path: string) => Promise<void>;
  /** Closes a file without syncing on the event loop: `close` runs between the worker's two steps. */
  retire: (path: string, close: () => void) => Promise<void>;
  /** Those of the paths that have pending deliveries, or cannot be read. */
  scan: (paths: readonly string[]) => Promise<readonly string[]>;
  /** Makes new directory entries durable. */
  syncFolder: (path: string) => Promise<void>;
  stop: () => void;
}>;

export function startEventFileUpkeep(): EventFileUpkeep {
  const worker = new Worker(new URL("./event-file-worker.ts", import.meta.url).href);
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let broken: Error | null = null;

  worker.onmessage = (event: MessageEvent<WorkerAnswer>) => {
    const { id, value, error } = event.data;
    const caller = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
    if (error === null) caller?.resolve(value);
    else caller?.reject(new Error(error));
  };
  worker.onerror = (event: ErrorEvent) => {
    broken = new Error(`the event file worker failed: ${event.message}`);
    for (const caller of waiting.values()) caller.reject(broken);
    waiting.clear();
  };
  worker.unref();

  function ask(request: RequestBody<WorkerRequest>): Promise<unknown> {
    if (broken) return Promise.reject(broken);
    const id = ++lastId;
    worker.ref();
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.postMessage({ ...request, id });
    });
  }

  return {
    async checkpoint(path) {
      await ask({ kind: "checkpoint", path, restart: false });
    },
    async restartLog(path) {
      await ask({ kind: "checkpoint", path, restart: true });
    },
    async retire(path, close) {
      const isHeld = await ask({ kind: "retire", path }).then(
        () => true,
        () => false,
      );
      close();
      if (isHeld) await ask({ kind: "release", path });
    },
    async scan(paths) {
      const found = await ask({ kind: "scan", paths });
      return Array.isArray(found) ? found : [];
    },
    async syncFolder(path) {
      await ask({ kind: "sync-folder", path });
    },
    stop: () => worker.terminate(),
  };
}
