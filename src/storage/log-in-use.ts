/** A write-ahead log that cannot be started over, as somebody reads a state of the file from before its end. */
import { errorCode } from "../lib/errors.ts";

const LOG_IN_USE = "LOG_IN_USE";
/** 256 MiB: a check of ten million events takes two minutes, in which a busy webhook writes more than once as much. */
const LONG_PAGES = 65_536;

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
