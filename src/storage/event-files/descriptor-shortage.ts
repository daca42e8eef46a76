/** Tells an event file that cannot be opened for want of descriptors from one that is at fault. */
import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { AppError, errorCode } from "../../lib/errors.ts";
import { sqliteCode } from "../sqlite/sqlite.ts";

/** Database, log, shared memory, and the log once more to be synced. */
const DESCRIPTORS_TO_OPEN = 4;

/** What to throw where the process, or the machine, has too few left to open the file by; null where it has enough. */
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
  // All that SQLite says is that it could not open something.
  if (sqliteCode(error)?.startsWith("SQLITE_CANTOPEN") !== true) return false;
  const opened: number[] = [];
  try {
    // Its failed opening has given back what it had got.
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
