/** Discards, holds and releases a target's backlog: beside the passes, because that takes time and others must go on. */
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../observability/log.ts";
import type { DeliveryMetrics } from "../observability/metrics.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import type { ThrottleStore } from "../storage/stores/throttle-store.ts";
import { findOwnTarget } from "./attempts/own-target.ts";
import type { TargetQueue } from "./target-queue.ts";
import type { Throttles } from "./throttle/throttles.ts";

export type Backlog = Readonly<{
  /** Gives up all deliveries, held ones too, of a target that is deleted or not the webhook's. */
  discard: (queue: TargetQueue) => Promise<void>;
  /** Turns a paused target's pending deliveries into held ones. */
  hold: (queue: TargetQueue) => Promise<void>;
  /**
   * Makes held deliveries due, the oldest first, where live ones leave `room`; always one, so that they never wait for
   * ever. Returns in how many milliseconds the next may go; null where the end of a release brings the next turn.
   */
  release: (queue: TargetQueue, room: number) => number | null;
}>;

export function createBacklog(deps: {
  events: Pick<EventStore, "discardPending">;
  store: Pick<ThrottleStore, "holdPending" | "releaseHeld" | "discardHeld">;
  routing: Pick<Routing, "findTarget">;
  throttles: Pick<Throttles, "of">;
  clock: Clock;
  log: Logger;
  metrics?: DeliveryMetrics;
  /** Waits for the work, too, before a stop. */
  track: (work: Promise<void>, queue: TargetQueue) => void;
  /** The queue has nothing due. */
  rest: (queue: TargetQueue) => void;
  wake: () => void;
}): Backlog {
  const { events, store, routing, throttles, clock, log } = deps;

  function namesOf({ webhookId, targetId }: TargetQueue) {
    return { webhook_id: webhookId, target_id: targetId };
  }

  /** Lets no delivery of the queue be taken meanwhile. */
  async function blocking<T>(queue: TargetQueue, work: () => Promise<T>): Promise<T> {
    queue.block();
    try {
      return await work();
    } finally {
      queue.unblock();
    }
  }

  function goOn(queue: TargetQueue): void {
    deps.rest(queue);
    deps.wake();
  }

  async function releaseHeld(queue: TargetQueue, limit: number): Promise<void> {
    const { webhookId, targetId } = queue;
    const throttle = throttles.of(targetId);
    throttle.isReleasing = true;
    try {
      const released = await store.releaseHeld({ webhookId, targetId, limit, now: clock.now() });
      if (released < limit) {
        queue.forgetHeld();
        throttle.endDrain();
        log.info("all deliveries on hold for a target are released", namesOf(queue));
      }
    } finally {
      throttle.isReleasing = false;
    }
    queue.enqueue();
    deps.wake();
  }

  return {
    async discard(queue) {
      const { webhookId, targetId } = queue;
      queue.forgetHeld();
      const target = findOwnTarget(routing, queue);
      const reason =
        target === null ? "The target does not belong to this webhook." : "The target was deleted.";
      const given = { webhookId, targetId, reason, now: clock.now() };
      const count = await blocking(
        queue,
        async () => (await events.discardPending(given)) + (await store.discardHeld(given)),
      );
      if (count > 0) {
        const targetType = target?.type ?? "unknown";
        deps.metrics?.discarded({ webhookId, targetId, targetType, count });
        log.info("deliveries without a target discarded", { ...namesOf(queue), reason, count });
      }
      goOn(queue);
    },

    async hold(queue) {
      const { webhookId, targetId } = queue;
      queue.forgetHeld();
      throttles.of(targetId).endDrain();
      const count = await blocking(queue, () => store.holdPending({ webhookId, targetId, now: clock.now() }));
      if (count > 0) log.info("a paused target's deliveries are held", { ...namesOf(queue), count });
      goOn(queue);
    },

    release(queue, room) {
      const throttle = throttles.of(queue.targetId);
      if (throttle.isReleasing) return null;
      const { count, waitMs } = throttle.takeHeld(Math.max(1, room), clock.monotonic());
      if (count === 0) return waitMs;
      deps.track(releaseHeld(queue, count), queue);
      return null;
    },
  };
}
