/** One lane's turn: takes what is due, as much as it has room for, and sees each delivery through one attempt. */
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../observability/log.ts";
import type { DeliveryMetrics } from "../observability/metrics.ts";
import type { AttemptJournal } from "../storage/attempt-journal/attempt-journal.ts";
import { type ClaimFront, frontAfter } from "../storage/event-db/due-deliveries.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import type { ThrottleStore } from "../storage/stores/throttle-store.ts";
import type { AttemptDeps } from "./attempts/attempt.ts";
import { createBegunAttempts } from "./attempts/begun-attempts.ts";
import { findOwnTarget } from "./attempts/own-target.ts";
import type { Suspects } from "./attempts/suspects.ts";
import { createBacklog } from "./backlog.ts";
import { longestWaitMs } from "./backoff.ts";
import type { OpenedTarget, TargetOpener } from "./open-target.ts";
import type { Places } from "./slots.ts";
import type { TargetNotices } from "./target-notices.ts";
import type { Lane, Lanes } from "./target-queue.ts";
import type { Throttles } from "./throttle/throttles.ts";

/** Deliveries one lane takes before it is the next lane's turn. */
const TURN = 32;
/** A target whose settings cannot be opened is looked at again after this long. */
const OPEN_AGAIN_MS = 10_000;
/** Of a lane whose claims are full ones. */
const LOOK_THROUGH_EVERY_MS = 250;

export type Turns = Readonly<{
  /** Rejects where the webhook's file, or the target's row, cannot be read. */
  take: (lane: Lane) => Promise<void>;
  /** The lane has nothing due now, and next at `dueAt`. */
  rest: (lane: Lane, dueAt: number | null) => void;
  /** Begins what was taken since, marked as begun in one write; called at the end of each pass. */
  launch: (until: number) => void;
  /** Resolves when all that was begun has ended; nothing new may be begun meanwhile. */
  ended: () => Promise<void>;
}>;

export function createTurns(deps: {
  events: EventStore;
  throttleStore: ThrottleStore;
  routing: Routing;
  openTarget: TargetOpener;
  clock: Clock;
  log: Logger;
  metrics?: DeliveryMetrics;
  notices?: Pick<TargetNotices, "targetGivenUp" | "targetDelivered">;
  tracing?: AttemptDeps["tracing"];
  random: () => number;
  onGone?: AttemptDeps["onGone"];
  signal: AbortSignal;
  lanes: Lanes;
  places: Places;
  throttles: Throttles;
  suspects: Suspects;
  journal: AttemptJournal;
  /** A place has become free, or a lane ready. */
  wake: () => void;
  /** Called with each wall-clock time at which a lane will have something due. */
  onExpected: (dueAt: number) => void;
  /** The webhook's deliveries cannot go on for now. */
  onFault: (webhookId: string, error: unknown) => void;
}): Turns {
  const { events, routing, openTarget, clock, lanes, places, throttles, suspects } = deps;
  const attempts = createBegunAttempts({
    ...deps,
    onFault(lane, error) {
      deps.onFault(lane.webhookId, error);
      rest(lane, null);
      deps.wake();
    },
  });
  const { track } = attempts;
  const backlog = createBacklog({ ...deps, store: deps.throttleStore, rest: (lane) => rest(lane, null) });

  async function take(lane: Lane): Promise<void> {
    const { webhookId, targetId, share } = lane;
    if (lane.holds > 0) {
      lane.wasPassedOver = true;
      return;
    }
    const target = findOwnTarget(routing, lane);
    if (!target || target.deleted) {
      throttles.forget(targetId);
      suspects.dropTarget(targetId);
      return track(backlog.discard(lane), lane);
    }
    // An inactive target's deliveries wait in the file; activating it invalidates the route, which nudges.
    if (!target.active) return keepWaiting(lane);
    const throttle = throttles.of(targetId);
    if (target.paused) {
      suspects.dropTarget(targetId);
      return track(backlog.hold(lane, throttle), lane);
    }
    const opened = openTarget(target);
    const now = clock.now();
    if (!opened) return rest(lane, now + OPEN_AGAIN_MS);
    const mono = clock.monotonic();
    const policy = opened.policy.throttle;
    const waitMs = throttle.waitMs(policy, mono);
    if (waitMs !== 0) return waitMs === null ? undefined : restAtLeast(lane, now + waitMs);
    const allowed = throttle.room(policy, { now: mono, inFlight: share.inFlight.size });
    const room = Math.min(places.room(share), TURN, allowed);
    if (room === 0 || !places.worthFilling(share)) {
      if (share.inFlight.size === 0) lanes.starve(lane);
      return;
    }
    if (await takeSuspect(lane, opened)) return;
    const picked = throttle.pick(mono);
    const front = picked === null ? frontOf(lane, mono) : null;
    const beyond = now + longestWaitMs(opened.policy.waits);
    const inFlight = suspects.withThose(targetId, share.inFlight);
    const claim = { webhookId, targetId, now, beyond, limit: room, inFlight, front };
    const due = await (picked === null
      ? events.claimDue(claim)
      : events.claimScattered({ ...claim, ...picked, random: deps.random() }));
    lane.front = null;
    // A result could not be stored meanwhile: its delivery still looks due, and may be among these.
    if (lane.holds > 0) {
      lane.wasPassedOver = true;
      return;
    }
    if (due.length === room && picked === null) lane.front = frontAfter(due, front);
    attempts.begin(lane, opened, due);
    const drainsIn = lane.hasHeld ? drain(lane, room - due.length) : null;
    if (due.length === room) lanes.enqueue(lane);
    else {
      const earliest = await events.earliestDue({ webhookId, targetId, after: now });
      rest(
        lane,
        drainsIn === null ? earliest : Math.min(earliest ?? Number.POSITIVE_INFINITY, now + drainsIn),
      );
    }
  }

  /** True where the lane's turn went to a delivery that was under way when the process before died. */
  async function takeSuspect(lane: Lane, opened: OpenedTarget): Promise<boolean> {
    const suspect = suspects.next(lane.targetId);
    if (suspect === null) return false;
    const { webhookId, targetId, eventId, attempt } = suspect;
    const due = await events.findPendingDelivery({ webhookId, targetId, eventId });
    // Another target's turn may have taken the place meanwhile, and a result may wait to be stored.
    if (suspects.next(targetId) !== suspect || lane.holds > 0) {
      lanes.enqueue(lane);
      return true;
    }
    if (due === null || due.dueAt > clock.now() || (attempt > 0 && due.attempts + 1 !== attempt)) {
      suspects.drop(suspect);
    } else attempts.begin(lane, opened, [due], suspect);
    lanes.enqueue(lane);
    return true;
  }

  /** Lets held deliveries go where live ones leave room; one always, so that they never wait for ever. */
  function drain(lane: Lane, room: number): number | null {
    const throttle = throttles.of(lane.targetId);
    if (throttle.isReleasing) return null;
    const { count, waitMs } = throttle.takeHeld(Math.max(1, room), clock.monotonic());
    if (count === 0) return waitMs;
    track(backlog.release(lane, throttle, count), lane);
    return null;
  }

  /** Kept as long as it has deliveries, whose due times move when the clock is set back. */
  async function keepWaiting(lane: Lane): Promise<void> {
    const { webhookId, targetId } = lane;
    lane.dueAt = null;
    if ((await events.earliestDue({ webhookId, targetId, after: 0 })) === null) lanes.forgetIfIdle(lane);
  }

  /** The target is left in peace until `from`, and longer where nothing is due then. */
  async function restAtLeast(lane: Lane, from: number): Promise<void> {
    const { webhookId, targetId } = lane;
    const earliest = lane.hasHeld ? from : await events.earliestDue({ webhookId, targetId, after: 0 });
    rest(lane, earliest && Math.max(from, earliest));
  }

  function rest(lane: Lane, dueAt: number | null): void {
    lane.dueAt = dueAt;
    if (dueAt !== null) deps.onExpected(dueAt);
    else if (lanes.forgetIfIdle(lane)) throttles.forgetIfPlain(lane.targetId);
  }

  return { take, rest, launch: attempts.launch, ended: attempts.ended };
}

/** Now and then all is looked through: what was stored a little later than what is due after it must not wait. */
function frontOf(lane: Lane, mono: number): ClaimFront | null {
  if (lane.front !== null && mono - lane.lookedThroughAt < LOOK_THROUGH_EVERY_MS) return lane.front;
  lane.lookedThroughAt = mono;
  return null;
}
