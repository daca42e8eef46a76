/** What is done with a target's whole backlog, beside the passes, as that takes its time and others' deliveries go on. */
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../observability/log.ts";
import type { DeliveryMetrics } from "../observability/metrics.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import type { ThrottleStore } from "../storage/stores/throttle-store.ts";
import { findOwnTarget } from "./attempts/own-target.ts";
import type { Lane, Lanes } from "./target-queue.ts";
import type { TargetThrottle } from "./throttle/target-throttle.ts";

export type Backlog = Readonly<{
  /** Of a target that is deleted or not the webhook's: its deliveries are given up, held ones too. */
  discard: (lane: Lane) => Promise<void>;
  /** Of a paused target: what is pending becomes held. */
  hold: (lane: Lane, throttle: TargetThrottle) => Promise<void>;
  /** Makes `count` held deliveries due, the oldest first. */
  release: (lane: Lane, throttle: TargetThrottle, count: number) => Promise<void>;
}>;

export function createBacklog(deps: {
  events: Pick<EventStore, "discardPending">;
  store: Pick<ThrottleStore, "holdPending" | "releaseHeld" | "discardHeld">;
  routing: Pick<Routing, "findTarget">;
  clock: Clock;
  log: Logger;
  metrics?: DeliveryMetrics;
  lanes: Lanes;
  /** The lane has nothing due. */
  rest: (lane: Lane) => void;
  wake: () => void;
}): Backlog {
  const { events, store, routing, clock, log, lanes } = deps;

  function namesOf({ webhookId, targetId }: Lane) {
    return { webhook_id: webhookId, target_id: targetId };
  }

  /** No delivery of the lane is taken meanwhile. */
  async function apart<T>(lane: Lane, work: () => Promise<T>): Promise<T> {
    lane.holds++;
    lane.wasPassedOver = false;
    try {
      return await work();
    } finally {
      lane.holds--;
    }
  }

  function goOn(lane: Lane): void {
    if (lane.wasPassedOver) lanes.enqueue(lane);
    deps.rest(lane);
    deps.wake();
  }

  return {
    async discard(lane) {
      const { webhookId, targetId } = lane;
      lane.hasHeld = false;
      const target = findOwnTarget(routing, lane);
      const reason =
        target === null ? "The target does not belong to this webhook." : "The target was deleted.";
      const given = { webhookId, targetId, reason, now: clock.now() };
      const count = await apart(
        lane,
        async () => (await events.discardPending(given)) + (await store.discardHeld(given)),
      );
      if (count > 0) {
        const targetType = target?.type ?? "unknown";
        deps.metrics?.discarded({ webhookId, targetId, targetType, count });
        log.info("deliveries without a target discarded", { ...namesOf(lane), reason, count });
      }
      goOn(lane);
    },

    async hold(lane, throttle) {
      const { webhookId, targetId } = lane;
      lane.hasHeld = false;
      throttle.endDrain();
      const count = await apart(lane, () => store.holdPending({ webhookId, targetId, now: clock.now() }));
      if (count > 0) log.info("a paused target's deliveries are held", { ...namesOf(lane), count });
      goOn(lane);
    },

    async release(lane, throttle, count) {
      const { webhookId, targetId } = lane;
      throttle.isReleasing = true;
      try {
        const released = await store.releaseHeld({ webhookId, targetId, limit: count, now: clock.now() });
        if (released < count) {
          lane.hasHeld = false;
          throttle.endDrain();
          log.info("all deliveries on hold for a target are released", namesOf(lane));
        }
      } finally {
        throttle.isReleasing = false;
      }
      lanes.enqueue(lane);
      deps.wake();
    },
  };
}
