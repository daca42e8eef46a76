/**
 * Syncs descriptors off the event loop, many at once, so that busy webhooks wait for the disk together and not in turn.
 */
import { fdatasync } from "node:fs";

/** Resolves once everything written through any descriptor of the file is on disk. */
export type SyncDescriptor = (descriptor: number) => Promise<void>;

/** Thread-pool threads left free for other work, such as a sign-in, while the disk is slow. */
const SPARE_THREADS = 4;

type SystemCall = (descriptor: number, done: (error: Error | null) => void) => void;

/** Runs up to `threads` minus the spare ones syncs at once; further syncs wait their turn. */
export function createSyncPool(threads: number, systemCall: SystemCall = fdatasync): SyncDescriptor {
  const most = Math.max(threads - SPARE_THREADS, 1);
  const waiting: (() => void)[] = [];
  let underWay = 0;

  function begin(descriptor: number, resolve: () => void, reject: (error: Error) => void): void {
    underWay++;
    systemCall(descriptor, (error) => {
      underWay--;
      waiting.shift()?.();
      if (error) reject(error);
      else resolve();
    });
  }

  return (descriptor) =>
    new Promise((resolve, reject) => {
      if (underWay < most) begin(descriptor, resolve, reject);
      else waiting.push(() => begin(descriptor, resolve, reject));
    });
}
