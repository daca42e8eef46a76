/** Divides the process's file descriptors among event files, connections to targets and connections of senders. */
import { readFileSync } from "node:fs";
import { AppError } from "./errors.ts";

/** Locks, main database, log, and threads with an epoll and an event descriptor each: 14 idle, 32 under load. */
const OWN_DESCRIPTORS = 40;
/**
 * Database 2, as the worker's stays open until the main thread's is closed; write-ahead log 3: the main thread's, the
 * one being synced and the worker's during a checkpoint; shared memory 1. Counted under load.
 */
const DESCRIPTORS_PER_FILE = 6;
/** A quarter more files are open while others are still being closed; see WebhookDBManager. */
const FILES_MEANWHILE = 1.25;
/** Each open file costs about 0.2 MB, so more are not worth it even if the limit allows them. */
const MOST_FILES = 1_100;
/** With fewer, every request of a small server would wait for a file to be closed. */
const LEAST_FILES = 8;
/** Below this the gateway does not start: it would reject senders at the first burst. */
const LEAST_LIMIT = 192;
/** Assumed if the limit cannot be read; the defaults of macOS and Windows are no lower. */
const ASSUMED_LIMIT = 1_024;

export type DescriptorBudget = Readonly<{
  /** Maximum number of event files open at a time. */
  openFiles: number;
  /** Maximum number of concurrent attempts, each with a connection of its own. */
  attempts: number;
  /** Maximum number of idle connections of each kind (plain and TLS) kept for later deliveries. */
  idleConnections: number;
}>;

/**
 * Gives half of the descriptors that the program itself does not need to files, and a quarter each to targets and
 * senders. Throws AppError.
 */
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
