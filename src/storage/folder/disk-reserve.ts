/**
 * Reserves disk space for deletions, results and checkpoints: once the disk is full, new events are refused and the
 * space is given up.
 */
import { unlinkSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { diskFault } from "../../lib/disk-fault.ts";
import { AppError, errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../observability/log.ts";
import { sizeOf } from "../sqlite/file-size.ts";

/**
 * Size of the reserve. Deletions write a few WALs of 4 MiB each, copied back into their files, before they free space.
 */
const RESERVE_FILE_BYTES = 32 * 1024 * 1024;
/** Free bytes needed to create the reserve, so that it never takes a large part of what is left. */
const FREE_TO_MAKE = 3 * RESERVE_FILE_BYTES;
/** Free bytes, without the reserve, at which events are accepted again. The reserve is then created anew. */
const FREE_TO_ACCEPT = 2 * RESERVE_FILE_BYTES;
const CHUNK_BYTES = 1024 * 1024;
const NAME = "webhooker.reserve";

export type DiskReserve = Readonly<{
  /** AppError `unavailable` while the disk is full, else null. */
  refusal: () => AppError | null;
  isSpent: () => boolean;
  /** Gives the reserve up if `cause` is a write that failed on a full disk. */
  noteFault: (cause: unknown) => void;
  /** Takes note of the free bytes, and creates the reserve if there is room for it. */
  look: (freeBytes: number) => void;
  /** Resolves when no write to the reserve is under way. */
  settled: () => Promise<void>;
}>;

export function createDiskReserve(options: { folder: string; log: Logger }): DiskReserve {
  const { folder, log } = options;
  const path = join(folder, NAME);
  let isReserved = sizeOf(path) >= RESERVE_FILE_BYTES;
  let isSpent = false;
  let making: Promise<void> | null = null;

  function spend(cause: unknown): void {
    isSpent = true;
    isReserved = false;
    try {
      unlinkSync(path);
    } catch (error) {
      log.warn("the reserved space could not be freed", { path, cause: errorMessage(error) });
    }
    log.error("the disk is full: no more events are accepted until there is space", {
      cause: errorMessage(cause),
      free_bytes_wanted: FREE_TO_ACCEPT,
    });
  }

  async function make(): Promise<void> {
    try {
      await writeWhole(path);
      isReserved = true;
    } catch (error) {
      await rm(path, { force: true });
      log.warn("space could not be reserved", { path, cause: errorMessage(error) });
    } finally {
      making = null;
    }
  }

  return {
    refusal: () => (isSpent ? diskFull() : null),
    isSpent: () => isSpent,
    noteFault(cause) {
      if (isReserved && isFull(cause)) spend(cause);
    },
    look(freeBytes) {
      if (isReserved || making !== null) return;
      if (isSpent && freeBytes >= FREE_TO_ACCEPT) {
        isSpent = false;
        log.info("the disk has space again, and events are accepted", { free_bytes: freeBytes });
      }
      if (!isSpent && freeBytes >= FREE_TO_MAKE) making = make();
    },
    async settled() {
      await making;
    },
  };
}

/** Writes random bytes, which no file system can compress or leave out. */
async function writeWhole(path: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    for (let written = 0; written < RESERVE_FILE_BYTES; written += CHUNK_BYTES) {
      await file.write(crypto.getRandomValues(new Uint8Array(CHUNK_BYTES)));
    }
    await file.datasync();
  } finally {
    await file.close();
  }
}

function isFull(cause: unknown): boolean {
  return diskFault(cause)?.code === "disk_full";
}

function diskFull(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "disk_full",
    message: "The disk is full: no events are accepted until there is space.",
    hint: "Free space on the disk of DATA_DIR, or reduce the retention of webhooks. Events are then accepted automatically.",
    retryAfterSeconds: 30,
  });
}
