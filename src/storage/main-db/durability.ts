/** Makes commits to the main database durable and keeps its WAL short, without a sync on the event loop. */
import type { Database } from "bun:sqlite";
import type { EventFileUpkeep } from "../event-files/event-file-upkeep.ts";
import { beginWal } from "../sqlite/sqlite.ts";
import { hasGrownLong, isWalInUse } from "../sqlite/wal-in-use.ts";
import { WalLength } from "../sqlite/wal-length.ts";
import { WalSync } from "./file/wal-sync.ts";

export type Durability = Readonly<{
  /** Resolves once everything committed so far is on disk. Rejects with AppError `unavailable` if it may not be. */
  synced: () => Promise<void>;
  /**
   * Runs a request's answer: resolves with its result, or rejects as it did, once everything committed so far is on
   * disk. Rejects with AppError `unavailable` if it may not be.
   */
  durably: <T>(answer: () => Promise<T>) => Promise<T>;
  /** Resolves when no sync or checkpoint is under way; call it when no request is being answered any more. */
  drain: () => Promise<void>;
  close: () => void;
}>;

/** For a connection that syncs and checkpoints by itself at each commit. */
export const durableByItself: Durability = {
  synced: () => Promise.resolve(),
  durably: (answer) => answer(),
  drain: () => Promise.resolve(),
  close: () => undefined,
};

/**
 * Pages by which the WAL may grow further while requests are answered without a pause, before it is restarted between
 * them.
 */
const MOST_PAGES_MORE = 8_000;

/** Stops the connection's own syncs and checkpoints, and returns the object that does them instead. */
export function leaveSyncsTo(
  upkeep: Pick<EventFileUpkeep, "checkpoint" | "restartWal" | "sync">,
  options: {
    db: Database;
    path: string;
    /** WAL length in pages at which a checkpoint begins. */
    checkpointPages: number;
    monotonic: () => number;
    onError: (message: string, cause: unknown) => void;
  },
): Durability {
  const { db, path, checkpointPages, monotonic, onError } = options;
  // Syncs the WAL, including what a killed run left in it, and the directory entry of a new one.
  beginWal(db);
  db.run("PRAGMA synchronous = NORMAL");
  db.run("PRAGMA wal_autocheckpoint = 0");
  const length = new WalLength(db);
  const walSync = new WalSync({
    db,
    path,
    monotonic,
    onError,
    sync: (descriptor) => upkeep.sync(descriptor),
    restartWal: restart,
  });
  let stage: "short" | "copying" | "copied" | "restarting" = "short";
  let checkpointAt = checkpointPages;
  let work: Promise<void> = Promise.resolve();
  /** Requests being answered; each may write at any moment. */
  let answering = 0;
  /** No request is begun until this resolves: a write would wait for the worker's lock, and the event loop with it. */
  let restarting: Promise<void> | null = null;

  function lookAfterWal(): void {
    if (stage === "short" && lengthOfWal() >= checkpointAt) work = copyBack();
    else if (stage === "copied" && mayRestart()) work = finishCheckpoint();
  }

  function mayRestart(): boolean {
    return answering === 0 || lengthOfWal() >= checkpointAt + MOST_PAGES_MORE;
  }

  function lengthOfWal(): number {
    try {
      return length.ask();
    } catch (error) {
      onError(`the WAL length of ${path} cannot be read`, error);
      return 0;
    }
  }

  /** Copies most of the WAL back while writing goes on. */
  async function copyBack(): Promise<void> {
    stage = "copying";
    try {
      await upkeep.checkpoint(path);
      stage = "copied";
      if (mayRestart()) await finishCheckpoint();
    } catch (error) {
      putOff(error);
    }
  }

  async function finishCheckpoint(): Promise<void> {
    stage = "restarting";
    try {
      await restart();
      stage = "short";
      checkpointAt = checkpointPages;
    } catch (error) {
      putOff(error);
    }
  }

  /**
   * Postpones the checkpoint after a full disk or a long reader. The WAL keeps everything; the next attempt comes when
   * it has grown.
   */
  function putOff(error: unknown): void {
    const pages = lengthOfWal();
    if (!isWalInUse(error) || hasGrownLong(pages, checkpointAt)) {
      onError(`checkpoint of ${path} failed`, error);
    }
    stage = "short";
    checkpointAt = pages + checkpointPages;
  }

  /** Restarts the WAL; `then` runs before any request is answered again. */
  async function restart(then: () => void = () => undefined): Promise<void> {
    const restarted = upkeep.restartWal(path).then(then);
    const over = restarted.catch(() => undefined);
    restarting = over;
    await over;
    if (restarting === over) restarting = null;
    await restarted;
  }

  function synced(): Promise<void> {
    if (walSync.isBehind) lookAfterWal();
    return walSync.synced();
  }

  return {
    synced,
    async durably(answer) {
      while (restarting !== null) await restarting;
      answering++;
      try {
        return await answer();
      } finally {
        answering--;
        if (stage === "copied") lookAfterWal();
        await synced();
      }
    },
    async drain() {
      await walSync.synced().catch(() => undefined);
      await work;
      await restarting;
    },
    close: () => walSync.close(),
  };
}
