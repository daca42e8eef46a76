/** Checkpoints the write-ahead logs of event files while they are written to. */
import type { EventFile } from "../event-db/event-file.ts";
import type { EventFileUpkeep } from "../event-files/event-file-upkeep.ts";
import type { WebhookDBManager } from "../event-files/webhook-db-manager.ts";
import { hasGrownLong, isWalInUse } from "../sqlite/wal-in-use.ts";
import type { WriteQueue } from "./write-queue.ts";

/** WAL length at which a checkpoint begins: 4 MiB, SQLite's own default of 1,000 pages. */
const CHECKPOINT_PAGES = 1_000;
/**
 * The same for a WAL that grew slowly: one checkpoint more costs little then, and the WAL's file, whose growth is
 * expensive, stays half as long. 100 busy webhooks took 4 % more events in their first seconds.
 */
const UNHURRIED_PAGES = 500;
const UNHURRIED_MS = 500;

/** Begins a checkpoint of the file, which must be pinned, if its WAL of `pages` pages is long. */
export type CheckpointIfLong = (queue: WriteQueue, file: EventFile, pages: number) => void;

export function createCheckpoints(options: {
  files: Pick<WebhookDBManager, "pin" | "unpin">;
  upkeep: Pick<EventFileUpkeep, "checkpoint" | "restartWal">;
  /** The length at which a checkpoint begins; undefined: this decides. */
  checkpointPages: number | undefined;
  monotonic: () => number;
  onError: (message: string, error: unknown) => void;
  /** Writes that waited for the checkpoint may go on. */
  onReopened: (queue: WriteQueue) => void;
  onEnd: (queue: WriteQueue) => void;
}): CheckpointIfLong {
  const { files, upkeep, checkpointPages, monotonic, onError } = options;
  /** Lengths of WALs whose last checkpoints failed: a queue does not live as long. */
  const failedAt = new WeakMap<EventFile, number>();
  /** When each WAL was begun, as far as is known. */
  const begunAt = new WeakMap<EventFile, number>();
  let lastTurn: Promise<unknown> = Promise.resolve();

  /**
   * Checkpoints one file after the other. The worker takes one request at a time, and a file whose writes wait for its
   * second request would wait for the long first ones of all others: 100 ms with 100 busy webhooks.
   */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const turn = lastTurn.then(work);
    lastTurn = turn.catch(() => undefined);
    return turn;
  }

  /** Copies most of the WAL back while writing goes on, then lets writes wait for the short rest. */
  async function checkpoint(queue: WriteQueue, file: EventFile): Promise<void> {
    await upkeep.checkpoint(file.path);
    await queue.close();
    try {
      await upkeep.restartWal(file.path);
      file.wal.ask();
    } finally {
      queue.reopen();
      options.onReopened(queue);
    }
  }

  function isLong(file: EventFile, pages: number): boolean {
    const before = failedAt.get(file);
    if (before !== undefined) return pages >= before + CHECKPOINT_PAGES;
    if (checkpointPages !== undefined) return pages >= checkpointPages;
    const now = monotonic();
    const begun = begunAt.get(file) ?? now;
    begunAt.set(file, begun);
    return pages >= (now - begun < UNHURRIED_MS ? CHECKPOINT_PAGES : UNHURRIED_PAGES);
  }

  return (queue, file, pages) => {
    if (queue.isCheckpointed || !isLong(file, pages)) return;
    const before = failedAt.get(file) ?? 0;
    queue.beginCheckpoint();
    files.pin(file);
    void inTurn(() => checkpoint(queue, file))
      .then(() => {
        failedAt.delete(file);
        begunAt.set(file, monotonic());
      })
      .catch((error: unknown) => {
        // A full disk, or a long read. The WAL keeps every event; the next checkpoint begins when it has grown.
        failedAt.set(file, pages);
        if (!isWalInUse(error) || hasGrownLong(pages, before)) {
          onError(`checkpoint of ${file.path} failed`, error);
        }
      })
      .finally(() => {
        files.unpin(file);
        queue.endCheckpoint();
        options.onEnd(queue);
      });
  };
}
