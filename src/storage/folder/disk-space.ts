/** Watches the free space where the event files are, so that senders are led elsewhere before the disk is full. */
import { statfsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import type { Clock } from "../../lib/clock.ts";
import { errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../observability/log.ts";

/**
 * At 35,000 events of 1 KB per second the files grow by about 60 MB/s. The reserve covers the time until the next look
 * and until senders stay away, and still leaves room for checkpoints and for deletions, which write before they free.
 */
export const RESERVE_BYTES = 256 * 1024 * 1024;
const LOOK_EVERY_MS = 2_000;

type FreeSpace = Readonly<{ freeBytes: number; reserveBytes: number }>;

type DiskSpace = Readonly<{
  /** The result of the last look; null before the first one and if the free space cannot be determined. */
  find: () => FreeSpace | null;
  /** True while free space is below the reserve. The gateway goes on accepting events as long as SQLite does. */
  isLow: () => boolean;
  /** Looks at once, and then every two seconds. */
  start: () => void;
  stop: () => void;
}>;

export function watchDiskSpace(options: {
  folder: string;
  clock: Clock;
  log: Logger;
  reserveBytes?: number;
  /** Called with the free bytes at each look. */
  onLook?: (freeBytes: number) => void;
  /** Bytes that the program may use. */
  measure?: (folder: string) => Promise<number>;
}): DiskSpace {
  const { folder, clock, log, reserveBytes = RESERVE_BYTES, measure = measureFree } = options;
  let freeBytes: number | null = null;
  let isLow = false;
  let hasFailed = false;
  let isStopped = false;
  let cancel = () => {};

  async function look(): Promise<void> {
    try {
      freeBytes = await measure(folder);
      hasFailed = false;
      note(freeBytes < reserveBytes);
      options.onLook?.(freeBytes);
    } catch (error) {
      freeBytes = null;
      if (!hasFailed) log.warn("the free space cannot be determined", { folder, cause: errorMessage(error) });
      hasFailed = true;
    }
    if (!isStopped) cancel = clock.after(LOOK_EVERY_MS, () => void look());
  }

  function note(nowLow: boolean): void {
    if (nowLow === isLow) return;
    isLow = nowLow;
    const fields = { folder, free_bytes: freeBytes, reserve_bytes: reserveBytes };
    if (isLow)
      log.warn("free space is below the reserve; the gateway is not ready until there is space", fields);
    else log.info("free space is above the reserve again", fields);
  }

  return {
    find: () => (freeBytes === null ? null : { freeBytes, reserveBytes }),
    isLow: () => isLow,
    start: () => void look(),
    stop() {
      isStopped = true;
      cancel();
    },
  };
}

async function measureFree(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Bytes that files in the folder may take without touching the reserve; zero if that cannot be determined. */
export function roomIn(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return Math.max(0, bavail * bsize - RESERVE_BYTES);
  } catch {
    return 0;
  }
}
