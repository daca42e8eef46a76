/** The single writer of every event file: gathers one turn's writes, commits them together, syncs off the main thread. */
import { AppError } from "../lib/errors.ts";
import { recordSettlement } from "./event-db/delivery-statements.ts";
import type { EventFile } from "./event-db/event-file.ts";
import { recordEvent } from "./event-db/record-events.ts";
import type { EventDraft, Settlement } from "./event-db/types.ts";
import type { EventFileUpkeep } from "./event-file-upkeep.ts";
import { sqliteCode } from "./sqlite.ts";
import { unusable, type WebhookDBManager } from "./webhook-db-manager.ts";

/** Log length at which a checkpoint begins: 4 MiB, SQLite's own default of 1,000 pages. */
const CHECKPOINT_PAGES = 1_000;

type Write = Readonly<{
  apply: (file: EventFile) => void;
  /** Wait for the disk before `resolve`. */
  durable: boolean;
  resolve: () => void;
  reject: (error: Error) => void;
}>;

/** Groups of one file that may be on their way to disk at once: the next is committed while one is synced. */
const GROUPS_UNDER_WAY = 2;

/** What waits for one webhook's file. While no more groups may begin, the next writes gather. */
type Queue = {
  readonly webhookId: string;
  writes: Write[];
  /** Groups committed or being committed, and not yet synced. */
  underWay: number;
  /** The log is being started over: nothing may be written. */
  held: boolean;
  scheduled: boolean;
  checkpointing: boolean;
  checkpointAt: number;
  /** Called once no group is under way; no new one begins before. */
  hold: (() => void) | null;
};

export type EventWriter = Readonly<{
  /** Resolves once the event and its deliveries are on disk. Rejects with AppError `unavailable` if they may not be. */
  append: (draft: EventDraft) => Promise<void>;
  /** Resolves once committed, synced or not: a result lost to a power cut is only a repeated delivery. */
  settle: (webhookId: string, settlement: Settlement) => Promise<void>;
  /** Runs `apply` in the file's next transaction; resolves once it is on disk. */
  change: <T>(webhookId: string, apply: (file: EventFile) => T) => Promise<T>;
  /** Resolves when nothing is queued, under way, or being checkpointed. */
  drain: () => Promise<void>;
}>;

export function createEventWriter(options: {
  files: WebhookDBManager;
  upkeep: EventFileUpkeep;
  /** Called after new events of a webhook are on disk. */
  onRecorded: (webhookId: string) => void;
  onError: (message: string, error: unknown) => void;
}): EventWriter {
  const { files, upkeep } = options;
  const queues = new Map<string, Queue>();
  let drained: (() => void)[] = [];

  function enqueue(webhookId: string, write: Write): void {
    let queue = queues.get(webhookId);
    if (!queue) {
      queue = newQueue(webhookId);
      queues.set(webhookId, queue);
    }
    queue.writes.push(write);
    schedule(queue);
  }

  function schedule(queue: Queue): void {
    if (queue.scheduled || !mayBegin(queue)) return;
    queue.scheduled = true;
    // A microtask would gather one write; setImmediate gathers all that one turn of the event loop brings.
    setImmediate(() => {
      queue.scheduled = false;
      void flush(queue);
    });
  }

  async function flush(queue: Queue): Promise<void> {
    if (queue.writes.length === 0 || !mayBegin(queue)) return;
    queue.underWay++;
    const writes = queue.writes;
    queue.writes = [];
    let file: EventFile;
    try {
      file = files.open(queue.webhookId);
    } catch (error) {
      reject(queue, writes, error);
      release(queue);
      return;
    }
    file.pins++;
    try {
      const committed = commit(queue, file, writes);
      const isDurable = committed.some((entry) => entry.durable);
      if (isDurable) await sync(file);
      // The next group is committed and its sync begun before this one is answered, so that disk and
      // event loop work at the same time.
      release(queue);
      for (const entry of committed) entry.resolve();
      if (isDurable) options.onRecorded(queue.webhookId);
    } catch (error) {
      release(queue);
      reject(queue, writes, error);
    } finally {
      file.pins--;
    }
    checkpointIfLong(queue, file);
  }

  async function sync(file: EventFile): Promise<void> {
    try {
      await Promise.all([file.syncWal(), files.syncFolder(file.webhookId)]);
    } catch (error) {
      // What the failed sync covered may never reach the disk, so nothing may build on this log any more.
      files.discard(file);
      throw error;
    }
  }

  /** Ends a group: goes on with what has gathered, unless the log is to be started over first. */
  function release(queue: Queue): void {
    queue.underWay--;
    if (queue.hold && queue.underWay === 0) {
      queue.held = true;
      queue.hold();
      queue.hold = null;
    }
    goOn(queue);
  }

  function goOn(queue: Queue): void {
    if (queue.writes.length > 0) void flush(queue);
    else finish(queue);
  }

  /** One transaction for all; if one of them is at fault, each by itself, so that it harms no other. */
  function commit(queue: Queue, file: EventFile, writes: readonly Write[]): readonly Write[] {
    try {
      inTransaction(file, () => {
        for (const entry of writes) entry.apply(file);
      });
      return writes;
    } catch (error) {
      if (writes.length === 1 || isDiskFault(error)) throw error;
    }
    return writes.filter((entry) => {
      try {
        inTransaction(file, () => entry.apply(file));
        return true;
      } catch (error) {
        reject(queue, [entry], error);
        return false;
      }
    });
  }

  function reject(queue: Queue, writes: readonly Write[], cause: unknown): void {
    const error = cause instanceof AppError ? cause : unusable(queue.webhookId, cause);
    options.onError(error.message, cause);
    for (const entry of writes) entry.reject(error);
  }

  function checkpointIfLong(queue: Queue, file: EventFile): void {
    if (queue.checkpointing) return;
    const pages = file.walPages();
    if (pages < queue.checkpointAt) return;
    queue.checkpointing = true;
    file.pins++;
    void checkpoint(queue, file)
      .then(() => {
        queue.checkpointAt = CHECKPOINT_PAGES;
      })
      .catch((error: unknown) => {
        // A full disk, most often. The log keeps every event; it is tried again when it has grown.
        queue.checkpointAt = pages + CHECKPOINT_PAGES;
        options.onError(`checkpoint of ${file.path} failed`, error);
      })
      .finally(() => {
        file.pins--;
        queue.checkpointing = false;
        finish(queue);
      });
  }

  /** Copies most of the log back while writing goes on, then holds writing for the short rest. */
  async function checkpoint(queue: Queue, file: EventFile): Promise<void> {
    await upkeep.checkpoint(file.path);
    if (queue.underWay > 0) await new Promise<void>((resolve) => (queue.hold = resolve));
    queue.held = true;
    try {
      await upkeep.restartLog(file.path);
    } finally {
      queue.held = false;
      goOn(queue);
    }
  }

  function change<T>(webhookId: string, apply: (file: EventFile) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: T;
      enqueue(webhookId, {
        apply: (file) => {
          result = apply(file);
        },
        durable: true,
        resolve: () => resolve(result),
        reject,
      });
    });
  }

  function finish(queue: Queue): void {
    if (queue.underWay > 0 || queue.checkpointing || queue.writes.length > 0) return;
    queues.delete(queue.webhookId);
    if (queues.size > 0) return;
    for (const resolve of drained) resolve();
    drained = [];
  }

  return {
    append: (draft) =>
      new Promise((resolve, reject) => {
        enqueue(draft.webhookId, {
          apply: (file) => recordEvent(file.record, draft),
          durable: true,
          resolve,
          reject,
        });
      }),
    settle: (webhookId, settlement) =>
      new Promise((resolve, reject) => {
        enqueue(webhookId, {
          apply: (file) => recordSettlement(file.deliveries, settlement),
          durable: false,
          resolve,
          reject,
        });
      }),
    change,
    drain: () => (queues.size === 0 ? Promise.resolve() : new Promise((resolve) => drained.push(resolve))),
  };
}

function mayBegin(queue: Queue): boolean {
  return queue.underWay < GROUPS_UNDER_WAY && !queue.held && queue.hold === null;
}

function newQueue(webhookId: string): Queue {
  return {
    webhookId,
    writes: [],
    underWay: 0,
    held: false,
    scheduled: false,
    checkpointing: false,
    checkpointAt: CHECKPOINT_PAGES,
    hold: null,
  };
}

function inTransaction(file: EventFile, apply: () => void): void {
  file.begin.run();
  try {
    apply();
    file.commit.run();
  } catch (error) {
    // SQLite has already rolled back by itself after a full disk or an I/O error.
    if (file.db.inTransaction) file.rollback.run();
    throw error;
  }
}

/** True where the file or the disk is at fault, not one row: trying rows one by one would not help. */
function isDiskFault(error: unknown): boolean {
  const code = sqliteCode(error);
  return (
    code !== null && /^SQLITE_(FULL|IOERR|CORRUPT|NOTADB|READONLY|CANTOPEN|BUSY|LOCKED|NOMEM)/.test(code)
  );
}
