/** Delivers a stored event again: to all active targets of its webhook, or to one. */
import type { Clock } from "../lib/clock.ts";
import { AppError, notFound } from "../lib/errors.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { EventStore } from "../storage/stores/event-store.ts";

export type Replay = (options: {
  webhookId: string;
  eventId: string;
  /** One of the webhook's targets; without it, all active ones. */
  targetId?: string | undefined;
}) => Promise<{ deliveries: number }>;

/** The caller must have checked that the webhook is the user's; the writer's nudge starts the deliveries. */
export function createReplay(deps: {
  events: EventStore;
  routing: Pick<Routing, "findTarget" | "listActiveTargetIds">;
  clock: Clock;
}): Replay {
  const { events, routing, clock } = deps;
  return async ({ webhookId, eventId, targetId }) => {
    if ((await events.findEvent(webhookId, eventId)) === null) throw notFound("event");
    const targetIds = targetId === undefined ? routing.listActiveTargetIds(webhookId) : [targetId];
    for (const id of targetIds) {
      const target = routing.findTarget(id);
      if (!target || target.deleted || target.webhookId !== webhookId) throw notFound("target");
    }
    if (targetIds.length === 0) {
      throw new AppError({
        kind: "conflict",
        code: "no_active_target",
        message: "This webhook has no active target to replay to.",
        hint: "Add or activate a target, or name one with target_id.",
      });
    }
    await events.replay({ webhookId, eventId, targetIds, now: clock.now() });
    return { deliveries: targetIds.length };
  };
}
