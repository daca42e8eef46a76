/** Lets a target's queue wait until its next delivery is due, and forgets one of which nothing is to come. */
import type { EventStore } from "../storage/stores/event-store.ts";
import type { TargetQueue, TargetQueues } from "./target-queue.ts";
import type { Throttles } from "./throttle/throttles.ts";

export type Rests = Readonly<{
  /** The queue has nothing due now, and next at `dueAt`, in wall-clock time. */
  rest: (queue: TargetQueue, dueAt: number | null) => void;
  /** All that was due by `now` is taken; held deliveries may go on in `releaseInMs`, where that is not null. */
  restUntilDue: (
    queue: TargetQueue,
    given: Readonly<{ now: number; releaseInMs: number | null }>,
  ) => Promise<void>;
  /** The target is left alone until `from`, and longer where nothing is due then. */
  restAtLeast: (queue: TargetQueue, from: number) => Promise<void>;
  /** Nothing may be attempted until the target's settings change. */
  keepWaiting: (queue: TargetQueue) => Promise<void>;
  /** The webhook is gone, and its deliveries with it. */
  abandon: (webhookId: string) => void;
}>;

export function createRests(deps: {
  events: Pick<EventStore, "earliestDue">;
  queues: TargetQueues;
  throttles: Pick<Throttles, "forgetIfPlain">;
  /** Called with each wall-clock time at which a queue will have something due. */
  onExpected: (dueAt: number) => void;
}): Rests {
  const { events, queues, throttles } = deps;

  function rest(queue: TargetQueue, dueAt: number | null): void {
    queue.rest(dueAt);
    if (dueAt !== null) deps.onExpected(dueAt);
    else if (queues.forgetIfIdle(queue)) throttles.forgetIfPlain(queue.targetId);
  }

  /** Wall-clock time; null where nothing is pending. */
  function earliestOfAll({ webhookId, targetId }: TargetQueue): Promise<number | null> {
    return events.earliestDue({ webhookId, targetId, after: 0 });
  }

  return {
    rest,
    async restUntilDue(queue, { now, releaseInMs }) {
      const { webhookId, targetId } = queue;
      const earliest = await events.earliestDue({ webhookId, targetId, after: now });
      const releaseAt = releaseInMs === null ? Number.POSITIVE_INFINITY : now + releaseInMs;
      const dueAt = Math.min(earliest ?? Number.POSITIVE_INFINITY, releaseAt);
      rest(queue, Number.isFinite(dueAt) ? dueAt : null);
    },
    async restAtLeast(queue, from) {
      const earliest = queue.hasHeld ? from : await earliestOfAll(queue);
      rest(queue, earliest && Math.max(from, earliest));
    },
    async keepWaiting(queue) {
      queue.rest(null);
      // Kept as long as it has deliveries: their due times must move when the clock is set back.
      if ((await earliestOfAll(queue)) === null) queues.forgetIfIdle(queue);
    },
    abandon(webhookId) {
      for (const queue of queues.all()) {
        if (queue.webhookId !== webhookId) continue;
        queue.forgetHeld();
        rest(queue, null);
      }
    },
  };
}
