/** One lane's turn: takes what is due, as much as it has room for, and sees each delivery through one try. */
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/log.ts";
import type { DeliveryMetrics } from "../lib/metrics.ts";
import type { DueDelivery } from "../storage/event-db/types.ts";
import type { EventStore } from "../storage/event-store.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import { type AttemptDeps, runAttempt, storeLater, storeOnce } from "./attempt.ts";
import { longestWaitMs } from "./backoff.ts";
import type { OpenedTarget, TargetOpener } from "./deliver-once.ts";
import type { Lane, Lanes } from "./lane.ts";
import type { Places } from "./places.ts";

/** Deliveries one lane takes before it is the next lane's turn. */
const TURN = 32;
/** A target whose settings cannot be opened is looked at again after this long. */
const OPEN_AGAIN_MS = 10_000;

export type Turns = Readonly<{
  /** Rejects where the webhook's file, or the target's row, cannot be read. */
  take: (lane: Lane) => Promise<void>;
  /** The lane has nothing due now, and next at `dueAt`. */
  rest: (lane: Lane, dueAt: number | null) => void;
  /** Resolves when all that was begun has ended; nothing new may be begun meanwhile. */
  ended: () => Promise<void>;
}>;

export function createTurns(deps: {
  events: EventStore;
  routing: Routing;
  openTarget: TargetOpener;
  clock: Clock;
  log: Logger;
  metrics?: DeliveryMetrics;
  random: () => number;
  onGone?: AttemptDeps["onGone"];
  signal: AbortSignal;
  lanes: Lanes;
  places: Places;
  /** A place has become free, or a lane ready. */
  wake: () => void;
  /** Called with each wall-clock time at which a lane will have something due. */
  onExpected: (dueAt: number) => void;
  /** The webhook's deliveries cannot go on for now. */
  onFault: (webhookId: string, error: unknown) => void;
}): Turns {
  const { events, routing, openTarget, clock, log, lanes, places } = deps;
  const attemptDeps: AttemptDeps = deps;
  const running = new Set<Promise<void>>();

  async function take(lane: Lane): Promise<void> {
    const { webhookId, targetId, share } = lane;
    if (lane.holds > 0) {
      lane.wasPassedOver = true;
      return;
    }
    const target = routing.findTarget(targetId);
    // Another webhook's target in this one's file can only have been put there: it gets nothing.
    if (!target || target.deleted || target.webhookId !== webhookId) return discard(lane);
    // An inactive target's deliveries wait in the file; activating it invalidates the route, which nudges.
    if (!target.active) return keepWaiting(lane);
    const room = Math.min(places.room(share), TURN);
    if (room === 0 || !places.worthFilling(share)) {
      if (share.inFlight.size === 0) lanes.starve(lane);
      return;
    }
    const now = clock.now();
    const opened = openTarget(target);
    if (!opened) return rest(lane, now + OPEN_AGAIN_MS);
    const beyond = now + longestWaitMs(opened.policy.waits);
    const claim = { webhookId, targetId, now, beyond, limit: room, inFlight: share.inFlight };
    const due = await events.claimDue(claim);
    // A result could not be stored meanwhile: its delivery still looks due, and may be among these.
    if (lane.holds > 0) {
      lane.wasPassedOver = true;
      return;
    }
    begin(lane, opened, due);
    if (due.length === room) lanes.enqueue(lane);
    else rest(lane, await events.earliestDue({ webhookId, targetId, after: now }));
  }

  function begin(lane: Lane, opened: OpenedTarget, due: readonly DueDelivery[]): void {
    let bodyBytes = 0;
    for (const delivery of due) {
      bodyBytes = Math.max(bodyBytes, delivery.event.body.byteLength);
      places.begin(lane.share, delivery.eventId, clock.monotonic());
      track(seeThrough(lane, opened, delivery), lane);
    }
    if (due.length > 0) lane.share.bodyBytes = bodyBytes;
  }

  async function seeThrough(lane: Lane, opened: OpenedTarget, due: DueDelivery): Promise<void> {
    const { webhookId, share } = lane;
    let settlement = null;
    let stored = null;
    try {
      settlement = await runAttempt(attemptDeps, opened, due);
      stored = settlement && (await storeOnce(events, webhookId, settlement));
    } finally {
      // Before a result that cannot be stored yet: its file must not keep places from other webhooks.
      const succeeded = settlement?.status === "delivered";
      places.end(share, due.eventId, { succeeded, now: clock.monotonic() });
    }
    if (settlement && stored === "refused") {
      lane.holds++;
      deps.wake();
      await storeLater(attemptDeps, webhookId, settlement);
      lane.holds--;
    }
    // Its next turn finds out when the next of its deliveries is due.
    lanes.enqueue(lane);
    deps.wake();
  }

  /** Beside the passes, as a long backlog takes its time and others' deliveries go on. */
  function discard(lane: Lane): void {
    lane.holds++;
    lane.wasPassedOver = false;
    track(discardNow(lane), lane);
  }

  async function discardNow(lane: Lane): Promise<void> {
    const { webhookId, targetId } = lane;
    let count = 0;
    try {
      const reason = "The target was deleted.";
      count = await events.discardPending({ webhookId, targetId, reason, now: clock.now() });
    } finally {
      lane.holds--;
    }
    if (count > 0) {
      const targetType = routing.findTarget(targetId)?.type ?? "unknown";
      deps.metrics?.discarded({ webhookId, targetId, targetType, count });
      log.info("deliveries of a deleted target discarded", {
        webhook_id: webhookId,
        target_id: targetId,
        count,
      });
    }
    if (lane.wasPassedOver) lanes.enqueue(lane);
    rest(lane, null);
    deps.wake();
  }

  function track(work: Promise<void>, lane: Lane): void {
    const run = work
      .catch((error: unknown) => {
        deps.onFault(lane.webhookId, error);
        rest(lane, null);
        deps.wake();
      })
      .finally(() => running.delete(run));
    running.add(run);
  }

  /** Kept as long as it has deliveries, whose due times move when the clock is set back. */
  async function keepWaiting(lane: Lane): Promise<void> {
    const { webhookId, targetId } = lane;
    lane.dueAt = null;
    if ((await events.earliestDue({ webhookId, targetId, after: 0 })) === null) lanes.forgetIfIdle(lane);
  }

  function rest(lane: Lane, dueAt: number | null): void {
    lane.dueAt = dueAt;
    if (dueAt === null) lanes.forgetIfIdle(lane);
    else deps.onExpected(dueAt);
  }

  async function ended(): Promise<void> {
    while (running.size > 0) await Promise.all(running);
  }

  return { take, rest, ended };
}
