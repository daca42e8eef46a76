/** Tells an event file that cannot be opened for lack of file descriptors from one that is faulty. */
import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { AppError, errorCode } from "../../lib/errors.ts";
import { sqliteCode } from "../sqlite/sqlite.ts";

/** Descriptors of an open event file: database, WAL, shared memory, and the WAL once more to sync it. */
const DESCRIPTORS_TO_OPEN = 4;

/**
 * The error to throw if the process or the machine has too few descriptors left to open the file; null if it has
 * enough.
 */
export function descriptorShortage(webhookId: string, cause: unknown): AppError | null {
  if (!isShort(cause)) return null;
  return new AppError({
    kind: "unavailable",
    code: "descriptors_exhausted",
    message: `The event file of webhook ${webhookId} cannot be opened now: too many files and connections are open.`,
    hint: "Raise the limit of open files (ulimit -n, or LimitNOFILE in a systemd unit). The gateway retries automatically.",
    retryAfterSeconds: 1,
    cause,
  });
}

function isShort(error: unknown): boolean {
  if (saysShort(error)) return true;
  // SQLite only reports that it could not open some file.
  if (sqliteCode(error)?.startsWith("SQLITE_CANTOPEN") !== true) return false;
  const opened: number[] = [];
  try {
    // SQLite's failed opening has released the descriptors it had.
    while (opened.length < DESCRIPTORS_TO_OPEN) opened.push(openSync(devNull, "r"));
    return false;
  } catch (fault) {
    return saysShort(fault);
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

function saysShort(error: unknown): boolean {
  const code = errorCode(error);
  return code === "EMFILE" || code === "ENFILE";
}
