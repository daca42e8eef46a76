/** Finds webhooks with deliveries that an earlier run of the program left, without opening every file. */
import { errorMessage } from "../lib/errors.ts";
import type { Logger } from "../observability/log.ts";
import type { EventStore } from "../storage/stores/event-store.ts";

/** Webhooks scanned at a time. */
const STEP = 50;

type Options = Readonly<{
  events: Pick<EventStore, "findPending">;
  log: Logger;
  webhookIds: readonly string[];
  nudge: (webhookId: string) => void;
  isStopping: () => boolean;
}>;

/** Resolves when all of them were scanned. */
export async function nudgeUnfinished({
  events,
  log,
  webhookIds,
  nudge,
  isStopping,
}: Options): Promise<void> {
  async function find(step: readonly string[]): Promise<readonly string[]> {
    try {
      return await events.findPending(step);
    } catch (error) {
      log.warn("event files could not be scanned in the background; opening each one instead", {
        cause: errorMessage(error),
      });
      return step;
    }
  }

  for (let from = 0; from < webhookIds.length && !isStopping(); from += STEP) {
    for (const webhookId of await find(webhookIds.slice(from, from + STEP))) nudge(webhookId);
  }
}
