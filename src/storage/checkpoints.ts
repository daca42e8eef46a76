/** Copies the logs of event files back while they are written to. */
import type { EventFile } from "./event-db/event-file.ts";
import type { EventFileUpkeep } from "./event-file-upkeep.ts";
import { hasGrownLong, isLogInUse } from "./log-in-use.ts";
import type { WebhookDBManager } from "./webhook-db-manager.ts";
import type { Queue } from "./write-queue.ts";

/** Log length at which a checkpoint begins: 4 MiB, SQLite's own default of 1,000 pages. */
export const CHECKPOINT_PAGES = 1_000;

/** Begins a checkpoint of the file, which must be pinned, if its log is long after `pages`. */
export type CheckpointIfLong = (queue: Queue, file: EventFile, pages: number) => void;

export function createCheckpoints(options: {
  files: Pick<WebhookDBManager, "pin" | "unpin">;
  upkeep: Pick<EventFileUpkeep, "checkpoint" | "restartLog">;
  checkpointPages: number;
  onError: (message: string, error: unknown) => void;
  /** Writes that were held may go on. */
  onResume: (queue: Queue) => void;
  onEnd: (queue: Queue) => void;
}): CheckpointIfLong {
  const { files, upkeep, checkpointPages, onError } = options;
  /** Lengths of logs whose last checkpoints failed: a queue does not live as long. */
  const failedAt = new WeakMap<EventFile, number>();
  let lastTurn: Promise<unknown> = Promise.resolve();

  /**
   * One file after the other: the worker takes one request at a time, and a file whose writes are held for its last
   * request would wait behind the long first ones of all others. With 100 busy webhooks each stood still for 100 ms.
   */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const turn = lastTurn.then(work);
    lastTurn = turn.catch(() => undefined);
    return turn;
  }

  /** Copies most of the log back while writing goes on, then holds writing for the short rest. */
  async function checkpoint(queue: Queue, file: EventFile): Promise<void> {
    await upkeep.checkpoint(file.path);
    if (queue.underWay > 0) await new Promise<void>((resolve) => (queue.hold = resolve));
    queue.held = true;
    try {
      await upkeep.restartLog(file.path);
      file.log.ask();
    } finally {
      queue.held = false;
      options.onResume(queue);
    }
  }

  return (queue, file, pages) => {
    const before = failedAt.get(file);
    if (queue.checkpointing || pages < (before === undefined ? checkpointPages : before + CHECKPOINT_PAGES))
      return;
    queue.checkpointing = true;
    files.pin(file);
    void inTurn(() => checkpoint(queue, file))
      .then(() => failedAt.delete(file))
      .catch((error: unknown) => {
        // A full disk, or somebody who reads for long. The log keeps every event; it is tried again when it has grown.
        failedAt.set(file, pages);
        if (!isLogInUse(error) || hasGrownLong(pages, before ?? 0)) {
          onError(`checkpoint of ${file.path} failed`, error);
        }
      })
      .finally(() => {
        files.unpin(file);
        queue.checkpointing = false;
        options.onEnd(queue);
      });
  };
}
