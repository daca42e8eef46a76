/**
 * Syncs the main database's WAL off the event loop, one sync for all that wait, and trusts no further sync after one
 * has failed.
 */
import type { Database } from "bun:sqlite";
import { closeSync, openSync } from "node:fs";
import { AppError, errorMessage } from "../../../lib/errors.ts";
import type { SyncDescriptor } from "../../workers/sync-pool.ts";

/** Delay before the WAL is copied back again after a failed sync. */
const RETRY_MS = 5_000;

type Fault = { readonly error: AppError; at: number; isUnderRepair: boolean };

export class WalSync {
  readonly #options: Options;
  #descriptor: number | null;
  readonly #changes;
  /** Number of changed rows when the latest sync began. */
  #covered: number;
  #latest: Promise<void> = Promise.resolve();
  /** Begins when the latest one has ended. */
  #next: Promise<void> | null = null;
  #fault: Fault | null = null;

  /** Everything committed before the construction must be on disk. */
  constructor(options: Options) {
    this.#options = options;
    this.#changes = options.db.prepare<{ n: number }, []>("SELECT total_changes() AS n");
    this.#covered = this.#countChanges();
    // Opened before anything is written: a descriptor opened later does not report an earlier failed write.
    this.#descriptor = openSync(`${options.path}-wal`, "r+");
  }

  /** True if a commit is not covered by any sync yet. */
  get isBehind(): boolean {
    return this.#countChanges() !== this.#covered;
  }

  /** Resolves once everything committed so far is on disk. Rejects with AppError `unavailable` if it may not be. */
  synced(): Promise<void> {
    if (this.#fault !== null) return Promise.reject(this.#retry(this.#fault));
    if (!this.isBehind) return this.#latest;
    const begin = () => this.#begin();
    // The sync under way may have begun before the last commit.
    this.#next ??= this.#latest.then(begin, begin);
    return this.#next;
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  async #begin(): Promise<void> {
    this.#next = null;
    if (this.#fault !== null) throw this.#fault.error;
    this.#covered = this.#countChanges();
    this.#latest = this.#sync().catch((cause: unknown) => {
      throw this.#fail(cause);
    });
    await this.#latest;
  }

  async #sync(): Promise<void> {
    if (this.#descriptor === null) throw new Error("it has been closed");
    await this.#options.sync(this.#descriptor);
  }

  /** The kernel reports a failed write only once: later syncs prove nothing until the WAL is copied back. */
  #fail(cause: unknown): AppError {
    const error = unsynced(cause);
    this.#options.onError(error.message, cause);
    this.#fault = { error, at: this.#options.monotonic(), isUnderRepair: false };
    this.#repair(this.#fault);
    return error;
  }

  #retry(fault: Fault): AppError {
    if (!fault.isUnderRepair && this.#options.monotonic() - fault.at >= RETRY_MS) this.#repair(fault);
    return fault.error;
  }

  #repair(fault: Fault): void {
    fault.isUnderRepair = true;
    // Changes since the failed sync began count as unsynced, whether they came before or after the copying.
    const isOver = () => {
      this.#latest = Promise.resolve();
      this.#fault = null;
    };
    this.#options.restartWal(isOver).catch(() => {
      fault.isUnderRepair = false;
      fault.at = this.#options.monotonic();
    });
  }

  #countChanges(): number {
    return this.#changes.get()?.n ?? 0;
  }
}

type Options = Readonly<{
  db: Database;
  path: string;
  sync: SyncDescriptor;
  /** Copies the WAL back into the file and syncs it; calls `then` before any request is answered again. */
  restartWal: (then: () => void) => Promise<void>;
  monotonic: () => number;
  onError: (message: string, cause: unknown) => void;
}>;

function unsynced(cause: unknown): AppError {
  return new AppError({
    kind: "unavailable",
    code: "main_database_unavailable",
    message: `The main database cannot be synced, so the last changes may be lost: ${errorMessage(cause)}.`,
    hint: "Check free space and the health of the disk. The gateway retries automatically.",
    retryAfterSeconds: 5,
    cause,
  });
}
