/** The only writer of event files: gathers one turn's writes, commits them together, syncs off the main thread. */
import { AppError } from "../../lib/errors.ts";
import { createTurnBudget } from "../../lib/turn-budget.ts";
import type { StorageMetrics } from "../../observability/metrics.ts";
import type { Command, CommandName, CommandResult } from "../commands/table.ts";
import type { Recorded } from "../event-db/duplicates.ts";
import type { EventFile } from "../event-db/event-file.ts";
import type { FileSpace } from "../event-db/numbers/space.ts";
import type { EventDraft, Settlement } from "../event-db/types.ts";
import { unusable } from "../event-files/event-file-faults.ts";
import type { EventFileUpkeep } from "../event-files/event-file-upkeep.ts";
import type { WebhookDBManager } from "../event-files/webhook-db-manager.ts";
import { createCheckpoints } from "./checkpoints.ts";
import { createGroupCommit } from "./group-commit.ts";
import type { WriteQueue } from "./write-queue.ts";
import { WriteQueues } from "./write-queues.ts";
import { commandWrite, EventWrite, SettlementWrite, vacuumWrite, type Write } from "./writes.ts";

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
  /**
   * Applies the command in the file's next transaction. Resolves once it is on disk, or once it is committed if the table
   * of commands says that it may be done again after a power cut.
   */
  run: <Name extends CommandName>(webhookId: string, command: Command<Name>) => Promise<CommandResult<Name>>;
  /** The same, and says how long the command held the event loop. */
  runTimed: <Name extends CommandName>(
    webhookId: string,
    command: Command<Name>,
  ) => Promise<Readonly<{ result: CommandResult<Name>; heldMs: number }>>;
  /** Gives some free pages back to the disk; holds the event loop for about `limitMs` at most. */
  vacuum: (webhookId: string, limitMs: number) => Promise<FileSpace>;
  /** Resolves when nothing is queued, under way, or being checkpointed. */
  drain: () => Promise<void>;
}>;

/** The writer of this machine's files, which takes writes of a cluster's log too. */
export type LocalWriter = EventWriter & Readonly<{ write: (webhookId: string, write: Write) => void }>;

type Options = Readonly<{
  files: WebhookDBManager;
  upkeep: EventFileUpkeep;
  /** Called after new events of a webhook are on disk; `hasDue` where some of them may have to be delivered. */
  onRecorded: (webhookId: string, hasDue: boolean) => void;
  /** Called after anything of a webhook was stored. */
  onStored?: (webhookId: string) => void;
  onError: (message: string, error: unknown) => void;
  monotonic: () => number;
  metrics?: StorageMetrics;
  /** Length of a WAL at which its checkpoint begins, where a replicator is waited for. */
  checkpointPages?: number;
}>;

export function createEventWriter(options: Options): LocalWriter {
  const { files, upkeep, metrics, monotonic, onError } = options;
  const queues = new WriteQueues();
  const turns = createTurnBudget({ ms: COMMITS_MS, monotonic });
  const group = createGroupCommit({ files, metrics, onError });
  const checkpointIfLong = createCheckpoints({
    files,
    upkeep,
    checkpointPages: options.checkpointPages,
    monotonic,
    onError,
    onReopened: (queue) => void flush(queue),
    onEnd: (queue) => queues.forgetIfDone(queue),
  });

  function enqueue(webhookId: string, write: Write): void {
    const queue = queues.getOrAdd(webhookId);
    queue.push(write);
    schedule(queue);
  }

  function schedule(queue: WriteQueue): void {
    if (!queue.schedule()) return;
    // A microtask would gather one write; this gathers all that one turn of the event loop brings.
    turns.later(() => {
      queue.beginScheduled();
      void flush(queue);
    });
  }

  async function flush(queue: WriteQueue): Promise<void> {
    const { webhookId } = queue;
    let writes = queue.beginGroup();
    if (writes === null) return;
    if (queue.hasLeftOthers) schedule(queue);
    let file: EventFile | null = null;
    let isStored = false;
    let pages = 0;
    try {
      if (!files.isOpen(webhookId)) await files.makeReady(webhookId);
      file = files.open(webhookId);
      files.pin(file);
      writes = group.commit(file, writes, (write, cause) => reject(webhookId, [write], cause));
      pages = group.reserve(file, writes);
      metrics?.pending(webhookId, file.tally.pending);
      if (writes.some(isDurable)) await group.sync(file);
      isStored = true;
    } catch (error) {
      reject(webhookId, writes, error);
    }
    // The next group is committed and its sync begun before this one is answered, so that disk and
    // event loop work at the same time.
    queue.endGroup();
    if (!queue.isEmpty && !queue.isScheduled) turns.now(() => void flush(queue));
    if (isStored) for (const write of writes) write.resolve();
    if (file) {
      if (isStored) checkpointIfLong(queue, file, pages);
      files.unpin(file);
    }
    // Not before the checkpoint has begun: a queue forgotten at work would get a second one beside it.
    queues.forgetIfDone(queue);
    if (isStored) tellOf(webhookId, writes);
  }

  function tellOf(webhookId: string, writes: readonly Write[]): void {
    if (writes.some(isNews)) options.onRecorded(webhookId, writes.some(isDue));
    options.onStored?.(webhookId);
  }

  function reject(webhookId: string, writes: readonly Write[], cause: unknown): void {
    rejectAll(writes, { webhookId, cause, onError });
  }

  return {
    write: enqueue,
    append: (draft) =>
      new Promise((resolve, reject) => {
        enqueue(draft.webhookId, new EventWrite(draft, resolve, reject));
      }),
    settle: (webhookId, settlement) =>
      new Promise((resolve, reject) => {
        enqueue(webhookId, new SettlementWrite(settlement, resolve, reject));
      }),
    run: (webhookId, command) =>
      new Promise((resolve, reject) => {
        enqueue(webhookId, commandWrite(command, resolve, reject));
      }),
    runTimed: (webhookId, command) =>
      new Promise((resolve, reject) => {
        const done = (result: CommandResult<typeof command.name>, heldMs: number) =>
          resolve({ result, heldMs });
        enqueue(webhookId, commandWrite(command, done, reject));
      }),
    vacuum: (webhookId, limitMs) =>
      new Promise((resolve, reject) => {
        enqueue(webhookId, vacuumWrite(limitMs, resolve, reject));
      }),
    drain: () => queues.drained(),
  };
}

function rejectAll(
  writes: readonly Write[],
  { webhookId, cause, onError }: { webhookId: string; cause: unknown } & Pick<Options, "onError">,
): void {
  const error = cause instanceof AppError ? cause : unusable(webhookId, cause);
  // The webhook was deleted meanwhile: whoever waits is told, and nothing is wrong.
  if (error.kind !== "not_found") onError(error.message, cause);
  for (const write of writes) write.reject(error);
}

function isDurable(write: Write): boolean {
  return write.durable;
}

function isNews(write: Write): boolean {
  return write.news;
}

function isDue(write: Write): boolean {
  return write.due;
}
