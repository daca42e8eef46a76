/** Gives the space of deleted events back to the disk at a node that follows; at the leader the retention does. */
import { type Clock, MINUTE_MS, wait } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import { every } from "../../lib/every.ts";
import type { Logger } from "../../observability/log.ts";
import type { WebhookDBManager } from "../../storage/event-files/webhook-db-manager.ts";
import type { LocalWriter } from "../../storage/writer/event-writer.ts";

/** Longest hold of the event loop, and the rest after it, so that it takes one part in ten of the loop's time. */
const STEP_MS = 5;
const REST_MS = 45;

export type SpaceUpkeep = Readonly<{
  /** Notes that a webhook's file was written; cheap. */
  note: (webhookId: string) => void;
  /** Resolves after the step under way. */
  stop: () => Promise<void>;
}>;

export function startSpaceUpkeep(deps: {
  files: Pick<WebhookDBManager, "isOpen">;
  vacuum: LocalWriter["vacuum"];
  isLeading: () => boolean;
  clock: Pick<Clock, "after">;
  log: Logger;
}): SpaceUpkeep {
  const { files, vacuum, isLeading, clock, log } = deps;
  const written = new Set<string>();
  let running: Promise<void> | null = null;
  let isStopped = false;

  /** A file that was closed meanwhile was written long ago, and waits for the next time. */
  const isMeant = (webhookId: string) => !isStopped && !isLeading() && files.isOpen(webhookId);

  async function shrink(webhookId: string): Promise<void> {
    try {
      while (isMeant(webhookId) && (await vacuum(webhookId, STEP_MS)).isLoose) await wait(clock, REST_MS);
    } catch (error) {
      if (error instanceof AppError && error.kind === "not_found") return;
      log.warn("space could not be given back to the disk", { webhook_id: webhookId, cause: error });
    }
  }

  async function run(): Promise<void> {
    for (const webhookId of written) {
      written.delete(webhookId);
      await shrink(webhookId);
    }
  }

  const stopTicks = every(clock, MINUTE_MS, () => {
    running ??= run().finally(() => {
      running = null;
    });
  });

  return {
    note: (webhookId) => void written.add(webhookId),
    async stop() {
      isStopped = true;
      stopTicks();
      await running;
    },
  };
}
