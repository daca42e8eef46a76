/** Handles a write-ahead log that cannot be restarted because a reader still uses an older state of the file. */
import { errorCode } from "../../lib/errors.ts";
import { walBytesOf } from "./file-size.ts";

/** WAL size that is kept at a restart; what a long reader made it grow beyond this is given back. */
const KEPT_WAL_BYTES = 16 * 1024 * 1024;
/** Bytes cut off at one restart. Writing waits meanwhile, and a file system may take 0.6 s to cut off a gigabyte. */
const CUT_BYTES = 128 * 1024 * 1024;

const WAL_IN_USE = "WAL_IN_USE";
/**
 * 1 GiB. With 1,000 events/s the WAL grows to twice that while a check counts the rows of ten million events; otherwise
 * it hardly ever gets there.
 */
const LONG_PAGES = 262_144;
const LONGEST_WAIT_MS = 20_000;
const LOOK_EVERY_MS = 50;

export function walInUse(): Error {
  const error = new Error("another connection keeps the WAL from being copied back completely");
  return Object.assign(error, { code: WAL_IN_USE });
}

export function isWalInUse(error: unknown): boolean {
  return errorCode(error) === WAL_IN_USE;
}

/** True each time the WAL has grown by another 1 GiB, which the operator should know. */
export function hasGrownLong(pages: number, pagesBefore: number): boolean {
  return Math.floor(pages / LONG_PAGES) > Math.floor(pagesBefore / LONG_PAGES);
}

/** Bytes to which a WAL is cut when it is restarted. */
export function keptLengthOf(bytes: number): number {
  return Math.max(KEPT_WAL_BYTES, bytes - CUT_BYTES);
}

/**
 * Blocks between two long reads of a file until the writer has restarted the WAL, which it cannot do during a read;
 * returns after `longestMs` at the latest. `bytesBefore` is the WAL's size before the first read; returns at once if
 * the WAL has not grown since.
 */
export function waitForWal(path: string, bytesBefore: number, longestMs = LONGEST_WAIT_MS): void {
  const until = performance.now() + longestMs;
  const bytes = walBytesOf(path);
  if (bytes <= Math.max(bytesBefore, 2 * KEPT_WAL_BYTES)) return;
  // The restart cuts the file.
  while (walBytesOf(path) >= bytes && performance.now() < until) Bun.sleepSync(LOOK_EVERY_MS);
}
