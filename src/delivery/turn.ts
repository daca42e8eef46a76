/** One turn of a target's queue: takes what is due, as much as it has room for, and begins an attempt of each. */
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../observability/log.ts";
import type { DeliveryMetrics } from "../observability/metrics.ts";
import type { AttemptJournal } from "../storage/attempt-journal/attempt-journal.ts";
import type { Suspect } from "../storage/attempt-journal/records.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import type { ThrottleStore } from "../storage/stores/throttle-store.ts";
import type { AttemptDeps } from "./attempts/attempt.ts";
import { BegunAttempts } from "./attempts/begun-attempts.ts";
import { findOwnTarget } from "./attempts/own-target.ts";
import type { Suspects } from "./attempts/suspects.ts";
import { createBacklog } from "./backlog.ts";
import { createClaims } from "./claims.ts";
import type { OpenedTarget, TargetOpener } from "./open-target.ts";
import { createRests, type Rests } from "./rests.ts";
import type { Slots } from "./slots.ts";
import type { TargetQueue, TargetQueues } from "./target-queue.ts";
import type { Throttles } from "./throttle/throttles.ts";

/** Deliveries of one target that are taken before it is the next one's turn. */
const MOST_PER_TURN = 32;
/** A target whose settings cannot be opened is looked at again after this long. */
const OPEN_AGAIN_MS = 10_000;

export type Turns = Pick<Rests, "rest" | "abandon"> &
  Readonly<{
    /** Rejects where the webhook's file, or the target's row, cannot be read. */
    take: (queue: TargetQueue) => Promise<void>;
    /** Makes the attempts that were begun since, marked as begun in one write; called at the end of each pass. */
    launch: (until: number) => void;
    /** Resolves when all that was begun has ended; nothing new may be begun meanwhile. */
    ended: () => Promise<void>;
  }>;

type TurnDeps = Readonly<{
  events: EventStore;
  throttleStore: ThrottleStore;
  routing: Routing;
  openTarget: TargetOpener;
  clock: Clock;
  log: Logger;
  metrics?: DeliveryMetrics;
  notices?: AttemptDeps["notices"];
  tracing?: AttemptDeps["tracing"];
  random: () => number;
  onGone?: AttemptDeps["onGone"];
  transform?: AttemptDeps["transform"];
  signal: AbortSignal;
  queues: TargetQueues;
  slots: Slots;
  throttles: Throttles;
  suspects: Suspects;
  journal: AttemptJournal;
  /** A slot is free, or a queue ready. */
  wake: () => void;
  /** Called with each wall-clock time at which a queue will have something due. */
  onExpected: (dueAt: number) => void;
  /** The webhook's deliveries cannot go on for now. */
  onFault: (webhookId: string, error: unknown) => void;
}>;

export function createTurns(deps: TurnDeps): Turns {
  const { routing, openTarget, clock, throttles, suspects } = deps;
  const rests = createRests(deps);
  const claims = createClaims(deps);
  const attempts = new BegunAttempts({
    ...deps,
    onFault(queue, error) {
      deps.onFault(queue.webhookId, error);
      rests.rest(queue, null);
      deps.wake();
    },
  });
  const backlog = createBacklog({
    ...deps,
    store: deps.throttleStore,
    track: (work, queue) => attempts.track(work, queue),
    rest: (queue) => rests.rest(queue, null),
  });

  async function take(queue: TargetQueue): Promise<void> {
    const { targetId } = queue;
    const target = findOwnTarget(routing, queue);
    if (!target || target.deleted) {
      throttles.forget(targetId);
      suspects.dropTarget(targetId);
      return attempts.track(backlog.discard(queue), queue);
    }
    // An inactive target's deliveries wait in the file; activating it invalidates the route, which nudges.
    if (!target.active) return rests.keepWaiting(queue);
    if (target.paused) {
      suspects.dropTarget(targetId);
      return attempts.track(backlog.hold(queue), queue);
    }
    const opened = openTarget(target);
    if (!opened) return rests.rest(queue, clock.now() + OPEN_AGAIN_MS);
    return deliver(queue, opened);
  }

  async function deliver(queue: TargetQueue, opened: OpenedTarget): Promise<void> {
    const now = clock.now();
    const mono = clock.monotonic();
    const throttle = throttles.of(queue.targetId);
    const waitMs = throttle.waitMs(opened.policy.throttle, mono);
    // A probe is under way, whose end decides.
    if (waitMs === null) return;
    if (waitMs > 0) return rests.restAtLeast(queue, now + waitMs);
    const wanted = wantedBy(queue, opened);
    // Nobody fetches its deliveries now: the next one who does brings the next turn.
    if (wanted === 0) return rests.keepWaiting(queue);
    const limit = Math.min(wanted, roomFor(deps, { queue, opened, mono }));
    if (limit === 0) {
      if (queue.share.inFlight.size === 0) queue.starve();
      return;
    }
    const suspect = suspects.next(queue.targetId);
    if (suspect !== null) return deliverSuspect(queue, opened, suspect);
    const due = await claims.claim({ queue, opened, limit, now, mono });
    if (due === null) return queue.enqueue();
    attempts.begin(queue, opened, due);
    const releaseInMs = queue.hasHeld ? backlog.release(queue, limit - due.length) : null;
    if (due.length === limit) queue.enqueue();
    else await rests.restUntilDue(queue, { now, releaseInMs });
  }

  /** Gives the turn to a delivery that was under way when the process before died. */
  async function deliverSuspect(queue: TargetQueue, opened: OpenedTarget, suspect: Suspect): Promise<void> {
    const due = await claims.claimSuspect(queue, suspect);
    if (due === "none") suspects.drop(suspect);
    else if (due !== "waits") attempts.begin(queue, opened, [due], suspect);
    queue.enqueue();
  }

  return {
    take,
    rest: rests.rest,
    abandon: rests.abandon,
    launch: (until) => attempts.launch(until),
    ended: () => attempts.ended(),
  };
}

/** How many deliveries are wanted of a target whose deliveries are fetched; of any other, any number. */
function wantedBy({ targetId, share }: TargetQueue, { type }: OpenedTarget): number {
  return type.roomFor?.({ targetId, inFlight: share.inFlight.size }) ?? Number.POSITIVE_INFINITY;
}

/** How many deliveries may be taken now; 0 also where so few could be that a look into the file is not worth it. */
function roomFor(
  { slots, throttles }: Pick<TurnDeps, "slots" | "throttles">,
  given: { queue: TargetQueue; opened: OpenedTarget; mono: number },
): number {
  const { targetId, share } = given.queue;
  if (!slots.worthFilling(share)) return 0;
  const moment = { now: given.mono, inFlight: share.inFlight.size };
  const allowed = throttles.of(targetId).room(given.opened.policy.throttle, moment);
  return Math.min(slots.room(share), MOST_PER_TURN, allowed);
}
