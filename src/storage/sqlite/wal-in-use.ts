/** A write-ahead log that cannot be started over, as somebody reads a state of the file from before its end. */
import { errorCode } from "../../lib/errors.ts";
import { logBytesOf } from "./file-size.ts";

/** What a log has grown to beyond this, while somebody read for long, is given back as it is started over. */
const KEPT_LOG_BYTES = 16 * 1024 * 1024;
/** Nothing can be written meanwhile, and a file system may take 0.6 s to cut off a gigabyte. */
const CUT_BYTES = 128 * 1024 * 1024;

const LOG_IN_USE = "LOG_IN_USE";
/** 1 GiB. With 1,000 events/s it grows to twice that while a check counts the rows of ten million; else hardly ever. */
const LONG_PAGES = 262_144;
const LONGEST_WAIT_MS = 20_000;
const LOOK_EVERY_MS = 50;

export function logInUse(): Error {
  const error = new Error("another connection keeps the log from being copied back whole");
  return Object.assign(error, { code: LOG_IN_USE });
}

export function isLogInUse(error: unknown): boolean {
  return errorCode(error) === LOG_IN_USE;
}

/** True each time that the log has grown by so much more that somebody should know of it. */
export function hasGrownLong(pages: number, pagesBefore: number): boolean {
  return Math.floor(pages / LONG_PAGES) > Math.floor(pagesBefore / LONG_PAGES);
}

/** Bytes of a log that stay when it is started over. */
export function keptLengthOf(bytes: number): number {
  return Math.max(KEPT_LOG_BYTES, bytes - CUT_BYTES);
}

/**
 * Between two long looks at a file: blocks until whoever writes has started the log over, which nobody can while it is
 * read, but not for ever. `bytesBefore`: of the log before the first look; where it has not grown, nobody is waited for.
 */
export function waitForLog(path: string, bytesBefore: number, longestMs = LONGEST_WAIT_MS): void {
  const until = performance.now() + longestMs;
  const bytes = logBytesOf(path);
  if (bytes <= Math.max(bytesBefore, 2 * KEPT_LOG_BYTES)) return;
  // It is cut as it is started over.
  while (logBytesOf(path) >= bytes && performance.now() < until) Bun.sleepSync(LOOK_EVERY_MS);
}
