/** Shares the process's descriptors out among event files, connections to targets, and those of senders. */
import { readFileSync } from "node:fs";
import { AppError } from "./errors.ts";

/** Locks, the main database, the log, and threads with an epoll and an event descriptor each: 14 idle, 32 under load. */
const OWN_DESCRIPTORS = 40;
/**
 * Database twice, as the worker's is kept until ours is closed; the log thrice: ours, the one that is synced, and the
 * worker's during a checkpoint; shared memory. Counted under load.
 */
const DESCRIPTORS_PER_FILE = 6;
/** While files are being closed others are opened, a quarter more; see WebhookDBManager. */
const FILES_MEANWHILE = 1.25;
/** Each open file costs about 0.2 MB, so more than this is not worth having even where the limit allows it. */
const MOST_FILES = 1_100;
/** Fewer than this would have every request of a small server wait for a file to be closed. */
const LEAST_FILES = 8;
/** Below this the gateway does not start: it would turn senders away at the first burst. */
const LEAST_LIMIT = 192;
/** Where the limit cannot be read: macOS and Windows defaults are no lower than this. */
const ASSUMED_LIMIT = 1_024;

export type DescriptorBudget = Readonly<{
  /** Event files open at once. */
  openFiles: number;
  /** Attempts under way at once, each with a connection of its own. */
  attempts: number;
  /** Connections kept for the next delivery, of each kind (plain and TLS). */
  idleConnections: number;
}>;

/** Half of what the program does not need itself goes to files, a quarter each to targets and senders. Throws AppError. */
export function shareDescriptors(limit = readDescriptorLimit()): DescriptorBudget {
  if (limit < LEAST_LIMIT) {
    throw new AppError({
      kind: "unavailable",
      code: "too_few_descriptors",
      message: `The limit of open files and connections (${limit}) is too low.`,
      hint: `Raise it to at least ${LEAST_LIMIT}, preferably 4096 (ulimit -n, or LimitNOFILE in a systemd unit).`,
    });
  }
  const shared = limit - OWN_DESCRIPTORS;
  const files = Math.floor(shared / 2 / DESCRIPTORS_PER_FILE / FILES_MEANWHILE);
  return {
    openFiles: Math.max(LEAST_FILES, Math.min(MOST_FILES, files)),
    attempts: Math.floor(shared / 8),
    idleConnections: Math.floor(shared / 16),
  };
}

export function readDescriptorLimit(): number {
  try {
    const line = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    if (!line) return ASSUMED_LIMIT;
    return line[1] === "unlimited" ? Number.MAX_SAFE_INTEGER : Number(line[1]);
  } catch {
    return ASSUMED_LIMIT;
  }
}
