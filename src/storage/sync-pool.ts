/** Syncs descriptors off the event loop, many at once: busy webhooks wait for the disk together, not in turn. */
import { fdatasync } from "node:fs";
import { availableParallelism } from "node:os";
import type { SyncAnswer } from "./sync-worker.ts";

/** Resolves once all that was written through any descriptor of the file is on disk. */
export type SyncDescriptor = (descriptor: number) => Promise<void>;

export type SyncPool = Readonly<{ sync: SyncDescriptor; stop: () => void }>;

/**
 * The runtime has one thread a core for all its file work, and a sync only waits: with 100 busy webhooks on two
 * cores they made 4,600 syncs a second, with eight workers beside them 13,000. A worker costs about 2 MB and is
 * made when it is first needed, which with few busy webhooks is never.
 */
const MOST_WORKERS = 8;
/**
 * A message and its answer cost more processor time than a sync on a fast disk: a worker gets as many at once as take
 * about this long. With 100 busy webhooks that saved a tenth of all processor time.
 */
const BATCH_MS = 4;
const LARGEST_BATCH = 16;
/** How much the last batch counts in what a sync is thought to take. */
const WEIGHT = 0.1;

type Job = Readonly<{ descriptor: number; resolve: () => void; reject: (error: Error) => void }>;

/** `script` is another worker's file where a test wants one that fails. */
export function createSyncPool({
  runtimeThreads = availableParallelism(),
  script = new URL("./sync-worker.ts", import.meta.url),
}: {
  runtimeThreads?: number;
  script?: URL;
} = {}): SyncPool {
  const idle: Worker[] = [];
  const batches = new Map<Worker, readonly Job[]>();
  const waiting: Job[] = [];
  let onRuntime = 0;
  let workers = 0;
  let isAsked = false;
  /** Milliseconds that a sync takes; a slow disk, until the first are answered. */
  let syncMs = BATCH_MS;

  function sync(descriptor: number): Promise<void> {
    return new Promise((resolve, reject) => {
      waiting.push({ descriptor, resolve, reject });
      if (waiting.length >= batchSize()) spread();
      else askForSpread();
    });
  }

  function batchSize(): number {
    return Math.min(Math.max(Math.round(BATCH_MS / syncMs), 1), LARGEST_BATCH);
  }

  /** What the commits of one turn of the event loop ask for goes out together. */
  function askForSpread(): void {
    if (isAsked) return;
    isAsked = true;
    queueMicrotask(() => {
      isAsked = false;
      spread();
    });
  }

  function spread(): void {
    while (waiting.length > 0) {
      const free = runtimeThreads - onRuntime;
      const worker = waiting.length > free ? takeWorker() : null;
      if (worker) give(worker, waiting.splice(0, batchSize()));
      else if (free > 0) syncOnRuntime(waiting.shift());
      else return;
    }
  }

  function syncOnRuntime(job: Job | undefined): void {
    if (!job) return;
    onRuntime++;
    fdatasync(job.descriptor, (error) => {
      onRuntime--;
      spread();
      if (error) job.reject(error);
      else job.resolve();
    });
  }

  function takeWorker(): Worker | null {
    return idle.pop() ?? (workers < MOST_WORKERS ? startWorker() : null);
  }

  function startWorker(): Worker {
    workers++;
    const worker = new Worker(script.href, { smol: true });
    worker.onmessage = (event: MessageEvent<SyncAnswer>) => finish(worker, event.data);
    worker.onerror = (event: ErrorEvent) => lose(worker, `a sync worker failed: ${event.message}`);
    // Not every end is an error, and then nothing else tells of it.
    worker.addEventListener("close", () => lose(worker, "a sync worker ended"));
    worker.unref();
    return worker;
  }

  /** It could not be loaded, or died: what it was given may not be on disk, and it gets nothing more. */
  function lose(worker: Worker, reason: string): void {
    for (const { reject } of batches.get(worker) ?? []) reject(new Error(reason));
    batches.delete(worker);
    const place = idle.indexOf(worker);
    if (place >= 0) idle.splice(place, 1);
  }

  function give(worker: Worker, batch: readonly Job[]): void {
    batches.set(worker, batch);
    worker.ref();
    worker.postMessage(batch.map(({ descriptor }) => descriptor));
  }

  function finish(worker: Worker, { ms, faults }: SyncAnswer): void {
    const batch = batches.get(worker) ?? [];
    batches.delete(worker);
    worker.unref();
    idle.push(worker);
    syncMs += WEIGHT * (ms / batch.length - syncMs);
    spread();
    batch.forEach(({ resolve, reject }, place) => {
      const fault = faults?.[place] ?? null;
      if (fault === null) resolve();
      else reject(new Error(fault));
    });
  }

  return {
    sync,
    stop() {
      for (const worker of [...idle, ...batches.keys()]) worker.terminate();
    },
  };
}
