/** Finds the targets of a webhook that have something to be delivered, when its file is looked into. */

import type { Routing } from "../storage/main-db/routing.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import { findOwnTarget } from "./attempts/own-target.ts";
import type { createDueTimeShifts } from "./due-time-shifts.ts";
import type { Lane } from "./target-queue.ts";
import type { Throttles } from "./throttle/throttles.ts";

/** The returned function rejects where the webhook's file cannot be used. */
export function createDiscovery(deps: {
  events: Pick<EventStore, "listPendingTargets" | "listHeldTargets">;
  routing: Pick<Routing, "findTarget">;
  throttles: Pick<Throttles, "load">;
  dueTimeShifts: Pick<ReturnType<typeof createDueTimeShifts>, "apply">;
  enqueue: (webhookId: string, targetId: string) => Lane;
}): (webhookId: string) => Promise<void> {
  const { events, routing, throttles, dueTimeShifts, enqueue } = deps;

  /** What is held for a target that may not be tried stays so. */
  function mustWait(of: { webhookId: string; targetId: string }): boolean {
    const target = findOwnTarget(routing, of);
    return target !== null && !target.deleted && (target.paused || !target.active);
  }

  return async (webhookId) => {
    await throttles.load(webhookId);
    await dueTimeShifts.apply(webhookId);
    for (const targetId of await events.listPendingTargets(webhookId)) enqueue(webhookId, targetId);
    for (const targetId of await events.listHeldTargets(webhookId)) {
      if (!mustWait({ webhookId, targetId })) enqueue(webhookId, targetId).hasHeld = true;
    }
  };
}
