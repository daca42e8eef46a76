/** Syncs descriptors off the event loop, many at once: busy webhooks wait for the disk together, not in turn. */
import { fdatasync } from "node:fs";

/** Resolves once all that was written through any descriptor of the file is on disk. */
export type SyncDescriptor = (descriptor: number) => Promise<void>;

/** Of the runtime's pool, for whoever else needs one while the disk is slow, as a sign-in. */
const SPARE_THREADS = 4;

type SystemCall = (descriptor: number, done: (error: Error | null) => void) => void;

/** Of the runtime's threads as many sync at once as are not spared for others; the other syncs wait their turn. */
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
