/** Knows which event files cannot be used and why, and when each may be retried. */
import { diskFault } from "../../lib/disk-fault.ts";
import { AppError, errorMessage } from "../../lib/errors.ts";
import { sqliteCode } from "../sqlite/sqlite.ts";
import { descriptorShortage } from "./descriptor-shortage.ts";

/** Delay before an unusable file is retried: it may have been restored, or space freed, meanwhile. */
const RETRY_MS = 5_000;

type Fault = {
  readonly error: AppError;
  at: number;
  /**
   * Copies the WAL back after a failed sync has left its content in doubt. Nothing may be written after that content
   * before the repair.
   */
  readonly repair: (() => Promise<void>) | null;
  isUnderRepair: boolean;
};

export class EventFileFaults {
  readonly #faults = new Map<string, Fault>();
  readonly #monotonic: () => number;
  readonly #keepsFiles: boolean;

  /** With `keepsFiles: false` no file can be used: this is a node of a cluster that has none. */
  constructor(options: Readonly<{ monotonic: () => number; keepsFiles?: boolean }>) {
    this.#monotonic = options.monotonic;
    this.#keepsFiles = options.keepsFiles ?? true;
  }

  /** Records a fault and returns the error to throw. Without `repair`, a retry simply opens the file. */
  add(
    webhookId: string,
    cause: unknown,
    repair: Readonly<{ first: () => Promise<void>; again: () => Promise<void> }> | null = null,
  ): AppError {
    const error = cause instanceof AppError ? cause : unusable(webhookId, cause);
    const fault = { error, at: this.#monotonic(), repair: repair?.again ?? null, isUnderRepair: false };
    this.#faults.set(webhookId, fault);
    if (repair) this.#run(webhookId, fault, repair.first);
    return error;
  }

  forget(webhookId: string): void {
    this.#faults.delete(webhookId);
  }

  throwIfFaulty(webhookId: string): void {
    if (!this.#keepsFiles) throw withoutFiles();
    const fault = this.#faults.get(webhookId);
    if (!fault) return;
    if (!fault.isUnderRepair && this.#monotonic() - fault.at >= RETRY_MS) {
      if (!fault.repair) {
        this.#faults.delete(webhookId);
        return;
      }
      this.#run(webhookId, fault, fault.repair);
    }
    throw fault.error;
  }

  #run(webhookId: string, fault: Fault, repair: () => Promise<void>): void {
    fault.isUnderRepair = true;
    repair().then(
      () => {
        if (this.#faults.get(webhookId) === fault) this.#faults.delete(webhookId);
      },
      () => {
        fault.isUnderRepair = false;
        fault.at = this.#monotonic();
      },
    );
  }
}

/** The error for a file that was in use and whose path now leads to another file or to none. */
export function fileGone(webhookId: string): AppError {
  return new AppError({
    kind: "unavailable",
    code: "event_file_gone",
    message: `The event file of webhook ${webhookId} is not where it was: it was moved, deleted or replaced, or its disk is not mounted.`,
    hint: "Put it back, or restore it from a backup; the gateway then uses it automatically. To start with an empty file, restart the gateway.",
    retryAfterSeconds: 30,
  });
}

/** The error for a missing data folder. A file created at its path would be hidden once the right folder is back. */
export function folderGone(webhookId: string): AppError {
  return new AppError({
    kind: "unavailable",
    code: "data_folder_gone",
    message: `Cannot create an event file for webhook ${webhookId}: the data folder or the main database is not where it was.`,
    hint: "Mount it or put it back; the gateway then uses it automatically. To start with a new one, restart the gateway.",
    retryAfterSeconds: 30,
  });
}

function withoutFiles(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "no_event_files",
    message: "This node of the cluster has no event files.",
    hint: "Ask the node that leads: `webhooker cluster status` names it.",
    retryAfterSeconds: 30,
  });
}

/** Describes a file that SQLite refuses, with a hint for the operator. */
export function unusable(webhookId: string, error: unknown): AppError {
  const shortage = descriptorShortage(webhookId, error);
  if (shortage !== null) return shortage;
  const disk = diskFault(error);
  const code = sqliteCode(error);
  if (code?.startsWith("SQLITE_READONLY")) return readOnly(webhookId, error);
  if (disk?.code === "disk_full" || disk?.code === "disk_read_only") return disk;
  const isDamaged = code !== null && /^SQLITE_(CORRUPT|NOTADB)/.test(code);
  return new AppError({
    kind: "unavailable",
    code: isDamaged ? "event_file_damaged" : "event_file_unavailable",
    message: `The event file of webhook ${webhookId} cannot be used: ${code ?? errorMessage(error)}.`,
    hint: isDamaged
      ? "Restore the file from a backup, or move it away to start with an empty one. Other webhooks are not affected."
      : "Check free space, permissions and the health of the disk. The gateway retries automatically.",
    retryAfterSeconds: 30,
    cause: error,
  });
}

/** SQLite also opens a file as read-only where a damaged header names an unknown version of its format. */
function readOnly(webhookId: string, error: unknown): AppError {
  return new AppError({
    kind: "unavailable",
    code: "event_file_read_only",
    message: `The event file of webhook ${webhookId} cannot be written: the file or its disk is read-only.`,
    hint: "Remount the disk of DATA_DIR as writable, or give this user write permission to the file. If neither is the cause, the file is damaged: restore it from a backup.",
    retryAfterSeconds: 30,
    cause: error,
  });
}
