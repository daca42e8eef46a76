/** The single writer of every event file: gathers one turn's writes, commits them together, syncs off the main thread. */
import { AppError } from "../../lib/errors.ts";
import { createTurnBudget } from "../../lib/turn-budget.ts";
import { noMetrics, type StorageMetrics } from "../../observability/metrics.ts";
import type { Recorded } from "../event-db/duplicates.ts";
import type { EventFile } from "../event-db/event-file.ts";
import type { EventDraft, Settlement } from "../event-db/types.ts";
import { unusable } from "../event-files/event-file-faults.ts";
import type { EventFileUpkeep } from "../event-files/event-file-upkeep.ts";
import type { WebhookDBManager } from "../event-files/webhook-db-manager.ts";
import { createCheckpoints } from "./checkpoints.ts";
import { commitWrites, isBroken } from "./commit-writes.ts";
import { mayBegin, newQueue, type Queue, takeGroup } from "./write-queue.ts";
import { changeWrite, EventWrite, SettlementWrite, type Write } from "./writes.ts";

/**
 * Commits to many files, one after the other, would hold the event loop; more than this of it waits for its next turn,
 * and whoever was synced meanwhile is answered first: with 100 busy webhooks 2 ms do 4 % more than 5 ms.
 */
const COMMITS_MS = 2;

export type EventWriter = Readonly<{
  /** Resolves once the event and its deliveries are on disk. Rejects with AppError `unavailable` if they may not be. */
  append: (draft: EventDraft) => Promise<Recorded>;
  /** Resolves once committed, synced or not: a result lost to a power cut is only a repeated delivery. */
  settle: (webhookId: string, settlement: Settlement) => Promise<void>;
  /** Runs `apply` in the file's next transaction; resolves once it is on disk. */
  change: <T>(webhookId: string, apply: (file: EventFile) => T) => Promise<T>;
  /** The same for what may be done again after a power cut: resolves once committed, synced or not. */
  tidy: <T>(webhookId: string, apply: (file: EventFile) => T) => Promise<T>;
  /** Resolves when nothing is queued, under way, or being checkpointed. */
  drain: () => Promise<void>;
}>;

export function createEventWriter(options: {
  files: WebhookDBManager;
  upkeep: EventFileUpkeep;
  /** Called after new events of a webhook are on disk; `hasDue` where some of them may have to be delivered. */
  onRecorded: (webhookId: string, hasDue: boolean) => void;
  /** Called after anything of a webhook was stored. */
  onStored?: (webhookId: string) => void;
  onError: (message: string, error: unknown) => void;
  monotonic: () => number;
  metrics?: StorageMetrics;
  /** Length of a log at which its checkpoint begins, where a replicator is waited for. */
  checkpointPages?: number;
}): EventWriter {
  const { files, upkeep, metrics = noMetrics, checkpointPages } = options;
  const queues = new Map<string, Queue>();
  const turns = createTurnBudget({ ms: COMMITS_MS, monotonic: options.monotonic });
  const checkpointIfLong = createCheckpoints({
    ...{ files, upkeep, checkpointPages, monotonic: options.monotonic },
    onError: options.onError,
    onResume: (queue) => void flush(queue),
    onEnd: finish,
  });
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
    // A microtask would gather one write; this gathers all that one turn of the event loop brings.
    turns.later(() => {
      queue.scheduled = false;
      void flush(queue);
    });
  }

  async function flush(queue: Queue): Promise<void> {
    if (queue.writes.length === 0 || !mayBegin(queue)) return;
    queue.underWay++;
    let group = takeGroup(queue);
    if (queue.hasLeftOthers) schedule(queue);
    let file: EventFile | null = null;
    let isStored = false;
    let pages = 0;
    try {
      if (!files.isOpen(queue.webhookId)) await files.makeReady(queue.webhookId);
      file = files.open(queue.webhookId);
      files.pin(file);
      const since = metrics.now();
      group = commit(queue, file, group);
      metrics.committed(since);
      pages = lengthOfLog(file, group);
      file.reserveLog(pages);
      metrics.pending(queue.webhookId, file.tally.pending);
      if (group.some(isDurable)) await sync(file);
      isStored = true;
    } catch (error) {
      reject(queue, group, error);
    }
    // The next group is committed and its sync begun before this one is answered, so that disk and
    // event loop work at the same time.
    release(queue);
    if (isStored) for (const write of group) write.resolve();
    if (file) {
      if (isStored) checkpointIfLong(queue, file, pages);
      files.unpin(file);
    }
    // Not before the checkpoint has begun: a queue forgotten at work would get a second one beside it.
    finish(queue);
    if (isStored && group.some(isDurable)) options.onRecorded(queue.webhookId, group.some(isDue));
    if (isStored) options.onStored?.(queue.webhookId);
  }

  async function sync(file: EventFile): Promise<void> {
    const since = metrics.now();
    await Promise.all([
      file.syncWal().catch((error: unknown) => {
        throw files.discard(file, error);
      }),
      files.syncFolder(file),
    ]);
    metrics.synced(since);
    files.requireInPlace(file);
  }

  /** Ends a group: goes on with what has gathered, unless the log is to be started over first. */
  function release(queue: Queue): void {
    queue.underWay--;
    if (queue.hold && queue.underWay === 0) {
      queue.held = true;
      queue.hold();
      queue.hold = null;
    }
    if (queue.writes.length > 0 && !queue.scheduled) turns.now(() => void flush(queue));
  }

  function commit(queue: Queue, file: EventFile, writes: readonly Write[]): readonly Write[] {
    try {
      return commitWrites(file, writes, (write, cause) => reject(queue, [write], cause));
    } catch (error) {
      throw isBroken(error) ? files.discard(file, error) : error;
    }
  }

  function reject(queue: Queue, writes: readonly Write[], cause: unknown): void {
    const error = cause instanceof AppError ? cause : unusable(queue.webhookId, cause);
    // The webhook was deleted meanwhile: whoever waits is told, and nothing is wrong.
    if (error.kind !== "not_found") options.onError(error.message, cause);
    for (const write of writes) write.reject(error);
  }

  function lengthOfLog(file: EventFile, group: readonly Write[]): number {
    try {
      return file.log.after(
        group.length,
        group.reduce((sum, { bytes }) => sum + bytes, 0),
      );
    } catch (error) {
      options.onError(`the log's length of ${file.path} cannot be read`, error);
      return 0;
    }
  }

  function change<T>(webhookId: string, apply: (file: EventFile) => T, durable: boolean): Promise<T> {
    return new Promise((resolve, reject) => {
      enqueue(webhookId, changeWrite({ apply, durable, resolve, reject }));
    });
  }

  function finish(queue: Queue): void {
    if (queue.underWay > 0 || queue.checkpointing || queue.writes.length > 0) return;
    if (queues.get(queue.webhookId) !== queue) return;
    queues.delete(queue.webhookId);
    if (queues.size > 0) return;
    for (const resolve of drained) resolve();
    drained = [];
  }

  return {
    append: (draft) =>
      new Promise((resolve, reject) => {
        enqueue(draft.webhookId, new EventWrite(draft, resolve, reject));
      }),
    settle: (webhookId, settlement) =>
      new Promise((resolve, reject) => {
        enqueue(webhookId, new SettlementWrite(settlement, resolve, reject));
      }),
    change: (webhookId, apply) => change(webhookId, apply, true),
    tidy: (webhookId, apply) => change(webhookId, apply, false),
    drain: () => (queues.size === 0 ? Promise.resolve() : new Promise((resolve) => drained.push(resolve))),
  };
}

function isDurable(write: Write): boolean {
  return write.durable;
}

function isDue(write: Write): boolean {
  return write.due;
}
