/** Finds the webhook that has an event, without opening its file here. */

import { createTurns } from "../../lib/waiting/turns.ts";
import type { WebhookDBManager } from "../event-files/webhook-db-manager.ts";
import { busy } from "./event-reader.ts";
import { nobodyWaits } from "./event-reader-line.ts";
import { locateEventAmong } from "./inspection.ts";

/** Time limit of one search, as somebody waits for the page. */
const LIMIT_MS = 400;
/** Searches that one asker may have waiting. */
const MOST_WAITING = 5;

export type Located = Readonly<{
  found: Readonly<{ webhookId: string; eventId: string }> | null;
  /** False if the time was up before all webhooks were searched. */
  isWhole: boolean;
}>;

/** `id` is that of an event, or of a delivery that was made as its event was received. One search runs per asker. */
export type LocateEvent = (
  wanted: Readonly<{ webhookIds: readonly string[]; id: string; asker: string }>,
) => Promise<Located>;

export function createEventLocator(files: Pick<WebhookDBManager, "pathOf">): LocateEvent {
  const turns = createTurns({ mostWaiting: MOST_WAITING, tooMany: busy, nobodyWaits });
  return ({ webhookIds, id, asker }) =>
    turns.take(asker, async () => {
      const idByPath = new Map(webhookIds.map((webhookId) => [files.pathOf(webhookId), webhookId]));
      const { found, isWhole } = await locateEventAmong({
        paths: [...idByPath.keys()],
        id,
        limitMs: LIMIT_MS,
      });
      const webhookId = found && idByPath.get(found.path);
      return { found: found && webhookId ? { webhookId, eventId: found.eventId } : null, isWhole };
    });
}
