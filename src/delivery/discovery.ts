/** Finds the targets of a webhook that have pending or held deliveries. */
import { notFound } from "../lib/errors.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import { findOwnTarget } from "./attempts/own-target.ts";
import type { createDueTimeShifts } from "./due-time-shifts.ts";
import type { TargetQueue } from "./target-queue.ts";
import type { Throttles } from "./throttle/throttles.ts";

type OfTarget = Readonly<{ webhookId: string; targetId: string }>;

/** The returned function rejects where the webhook's file cannot be used, or the webhook is none or deleted. */
export function createDiscovery(deps: {
  events: Pick<EventStore, "listPendingTargets" | "listHeldTargets">;
  routing: Pick<Routing, "findTarget" | "hasWebhook">;
  throttles: Pick<Throttles, "load">;
  dueTimeShifts: Pick<ReturnType<typeof createDueTimeShifts>, "apply">;
  enqueue: (of: OfTarget) => TargetQueue;
}): (webhookId: string) => Promise<void> {
  const { events, routing, throttles, dueTimeShifts, enqueue } = deps;

  /** True where held deliveries stay so, because the target may not be attempted. */
  function mustWait(of: OfTarget): boolean {
    const target = findOwnTarget(routing, of);
    return target !== null && !target.deleted && (target.paused || !target.active);
  }

  return async (webhookId) => {
    // Its file may be gone, or never have been at this node of a cluster, and would be made anew.
    if (!routing.hasWebhook(webhookId)) throw notFound("webhook");
    await throttles.load(webhookId);
    await dueTimeShifts.apply(webhookId);
    for (const targetId of await events.listPendingTargets(webhookId)) enqueue({ webhookId, targetId });
    for (const targetId of await events.listHeldTargets(webhookId)) {
      if (!mustWait({ webhookId, targetId })) enqueue({ webhookId, targetId }).noteHeld();
    }
  };
}
