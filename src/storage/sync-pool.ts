/** Syncs descriptors off the event loop, many at once: busy webhooks wait for the disk together, not in turn. */
import { fdatasync } from "node:fs";
import { availableParallelism } from "node:os";

/** Resolves once all that was written through any descriptor of the file is on disk. */
export type SyncDescriptor = (descriptor: number) => Promise<void>;

export type SyncPool = Readonly<{ sync: SyncDescriptor; stop: () => void }>;

/**
 * The runtime has one thread a core for all its file work, and a sync only waits: with 100 busy webhooks on two
 * cores they made 4,600 syncs a second, with eight workers beside them 13,000. A worker costs about 2 MB and is
 * made when it is first needed, which with few busy webhooks is never.
 */
const MOST_WORKERS = 8;

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
  const jobs = new Map<Worker, Job>();
  const waiting: Job[] = [];
  let onRuntime = 0;
  let workers = 0;

  function sync(descriptor: number): Promise<void> {
    if (onRuntime < runtimeThreads) return syncOnRuntime(descriptor);
    return new Promise((resolve, reject) => {
      const job = { descriptor, resolve, reject };
      const worker = idle.pop() ?? (workers < MOST_WORKERS ? startWorker() : null);
      if (worker) give(worker, job);
      else waiting.push(job);
    });
  }

  function syncOnRuntime(descriptor: number): Promise<void> {
    onRuntime++;
    return new Promise((resolve, reject) => {
      fdatasync(descriptor, (error) => {
        onRuntime--;
        const next = waiting.shift();
        if (next) syncOnRuntime(next.descriptor).then(next.resolve, next.reject);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  function startWorker(): Worker {
    workers++;
    const worker = new Worker(script.href, { smol: true });
    worker.onmessage = (event: MessageEvent<string>) => finish(worker, event.data);
    worker.onerror = (event: ErrorEvent) => lose(worker, `a sync worker failed: ${event.message}`);
    // Not every end is an error, and then nothing else tells of it.
    worker.addEventListener("close", () => lose(worker, "a sync worker ended"));
    worker.unref();
    return worker;
  }

  /** It could not be loaded, or died: what it was given may not be on disk, and it gets nothing more. */
  function lose(worker: Worker, reason: string): void {
    jobs.get(worker)?.reject(new Error(reason));
    jobs.delete(worker);
    const place = idle.indexOf(worker);
    if (place >= 0) idle.splice(place, 1);
  }

  function give(worker: Worker, job: Job): void {
    jobs.set(worker, job);
    worker.ref();
    worker.postMessage(job.descriptor);
  }

  function finish(worker: Worker, fault: string): void {
    const job = jobs.get(worker);
    jobs.delete(worker);
    const next = waiting.shift();
    if (next) give(worker, next);
    else {
      worker.unref();
      idle.push(worker);
    }
    if (fault === "") job?.resolve();
    else job?.reject(new Error(fault));
  }

  return {
    sync,
    stop() {
      for (const worker of [...idle, ...jobs.keys()]) worker.terminate();
    },
  };
}
