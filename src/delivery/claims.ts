/** Takes due deliveries of one target from its webhook's event file. */
import type { Clock } from "../lib/clock.ts";
import type { Suspect } from "../storage/attempt-journal/records.ts";
import { frontAfter } from "../storage/event-db/deliveries/due-deliveries.ts";
import type { DueDelivery } from "../storage/event-db/types.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import type { Suspects } from "./attempts/suspects.ts";
import { longestWaitMs } from "./backoff.ts";
import type { OpenedTarget } from "./open-target.ts";
import type { TargetQueue } from "./target-queue.ts";
import type { Throttles } from "./throttle/throttles.ts";

export type Claims = Readonly<{
  /**
   * Finds up to `limit` deliveries that are due and not in flight. Null where the queue was blocked meanwhile: a
   * delivery whose result could not be stored still looks due, and may be among them.
   */
  claim: (wish: {
    queue: TargetQueue;
    opened: OpenedTarget;
    limit: number;
    /** Wall-clock time, and the monotonic time of the same moment. */
    now: number;
    mono: number;
  }) => Promise<readonly DueDelivery[] | null>;
  /**
   * Finds the delivery of a suspect. "waits": another target's turn has taken the only slot for suspects meanwhile,
   * or the queue was blocked. "none": the delivery is not as the process that died left it.
   */
  claimSuspect: (queue: TargetQueue, suspect: Suspect) => Promise<DueDelivery | "waits" | "none">;
}>;

export function createClaims(deps: {
  events: Pick<EventStore, "claimDue" | "claimScattered" | "findPendingDelivery">;
  clock: Clock;
  throttles: Throttles;
  suspects: Suspects;
  random: () => number;
}): Claims {
  const { events, clock, throttles, suspects } = deps;

  return {
    async claim({ queue, opened, limit, now, mono }) {
      const { webhookId, targetId } = queue;
      const scattered = throttles.of(targetId).pick(mono);
      const front = scattered === null ? queue.claimFrom(mono) : null;
      const beyond = now + longestWaitMs(opened.policy.waits);
      const inFlight = suspects.withThose(targetId, queue.share.inFlight);
      const claim = { webhookId, targetId, now, beyond, limit, inFlight, front };
      const due = await (scattered === null
        ? events.claimDue(claim)
        : events.claimScattered({ ...claim, ...scattered, random: deps.random() }));
      const isFull = due.length === limit && scattered === null;
      queue.claimedUpTo(isFull && queue.state !== "blocked" ? frontAfter(due, front) : null);
      return queue.state === "blocked" ? null : due;
    },

    async claimSuspect(queue, suspect) {
      const { webhookId, targetId, eventId, attempt } = suspect;
      const due = await events.findPendingDelivery({ webhookId, targetId, eventId });
      if (suspects.next(targetId) !== suspect || queue.state === "blocked") return "waits";
      const isAsLeft =
        due !== null && due.dueAt <= clock.now() && (attempt === 0 || due.attempts + 1 === attempt);
      return isAsLeft ? due : "none";
    },
  };
}
