/** One lane's turn: takes what is due, as much as it has room for, and sees each delivery through one try. */
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/log.ts";
import type { DeliveryMetrics } from "../lib/metrics.ts";
import { type ClaimFront, frontAfter } from "../storage/event-db/due-deliveries.ts";
import type { DueDelivery } from "../storage/event-db/types.ts";
import type { EventStore } from "../storage/event-store.ts";
import type { FlowStore } from "../storage/flow-store.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import { type Attempt, type AttemptDeps, runAttempt, storeLater, storeOnce } from "./attempt.ts";
import { createBacklog } from "./backlog.ts";
import { longestWaitMs } from "./backoff.ts";
import type { OpenedTarget, TargetOpener } from "./deliver-once.ts";
import type { Flows } from "./flows.ts";
import type { Lane, Lanes } from "./lane.ts";
import type { Notices } from "./notices.ts";
import { findOwnTarget } from "./own-target.ts";
import type { Places } from "./places.ts";

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
  /** Resolves when all that was begun has ended; nothing new may be begun meanwhile. */
  ended: () => Promise<void>;
}>;

export function createTurns(deps: {
  events: EventStore;
  flowStore: FlowStore;
  routing: Routing;
  openTarget: TargetOpener;
  clock: Clock;
  log: Logger;
  metrics?: DeliveryMetrics;
  notices?: Pick<Notices, "targetGivenUp" | "targetDelivered">;
  tracing?: AttemptDeps["tracing"];
  random: () => number;
  onGone?: AttemptDeps["onGone"];
  signal: AbortSignal;
  lanes: Lanes;
  places: Places;
  flows: Flows;
  /** A place has become free, or a lane ready. */
  wake: () => void;
  /** Called with each wall-clock time at which a lane will have something due. */
  onExpected: (dueAt: number) => void;
  /** The webhook's deliveries cannot go on for now. */
  onFault: (webhookId: string, error: unknown) => void;
}): Turns {
  const { events, routing, openTarget, clock, lanes, places, flows } = deps;
  const attemptDeps: AttemptDeps = deps;
  let underWay = 0;
  const whenEnded: (() => void)[] = [];
  const backlog = createBacklog({ ...deps, store: deps.flowStore, rest: (lane) => rest(lane, null) });

  async function take(lane: Lane): Promise<void> {
    const { webhookId, targetId, share } = lane;
    if (lane.holds > 0) {
      lane.wasPassedOver = true;
      return;
    }
    const target = findOwnTarget(routing, lane);
    if (!target || target.deleted) {
      flows.forget(targetId);
      return track(backlog.discard(lane), lane);
    }
    // An inactive target's deliveries wait in the file; activating it invalidates the route, which nudges.
    if (!target.active) return keepWaiting(lane);
    const flow = flows.of(targetId);
    if (target.paused) return track(backlog.hold(lane, flow), lane);
    const opened = openTarget(target);
    const now = clock.now();
    if (!opened) return rest(lane, now + OPEN_AGAIN_MS);
    const mono = clock.monotonic();
    const policy = opened.policy.flow;
    const waitMs = flow.waitMs(policy, mono);
    if (waitMs !== 0) return waitMs === null ? undefined : restAtLeast(lane, now + waitMs);
    const allowed = flow.room(policy, { now: mono, inFlight: share.inFlight.size });
    const room = Math.min(places.room(share), TURN, allowed);
    if (room === 0 || !places.worthFilling(share)) {
      if (share.inFlight.size === 0) lanes.starve(lane);
      return;
    }
    const picked = flow.pick(mono);
    const front = picked === null ? frontOf(lane, mono) : null;
    const beyond = now + longestWaitMs(opened.policy.waits);
    const claim = { webhookId, targetId, now, beyond, limit: room, inFlight: share.inFlight, front };
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
    begin(lane, opened, due);
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

  function begin(lane: Lane, opened: OpenedTarget, due: readonly DueDelivery[]): void {
    if (due.length === 0) return;
    const mono = clock.monotonic();
    const isProbe = flows.of(lane.targetId).begin(opened.policy.flow, { now: mono, count: due.length });
    let bodyBytes = 0;
    for (const delivery of due) {
      bodyBytes = Math.max(bodyBytes, delivery.event.body.byteLength);
      places.begin(lane.share, delivery.eventId, mono);
      void seeThrough({ lane, opened, due: delivery, isProbe });
    }
    lane.share.bodyBytes = bodyBytes;
  }

  async function seeThrough(one: {
    lane: Lane;
    opened: OpenedTarget;
    due: DueDelivery;
    isProbe: boolean;
  }): Promise<void> {
    const { lane, opened, due, isProbe } = one;
    const { webhookId, share } = lane;
    let attempt: Attempt | null = null;
    let stored = null;
    underWay++;
    try {
      try {
        attempt = await runAttempt(attemptDeps, opened, due);
        stored = attempt && (await storeOnce(events, webhookId, attempt.settlement));
      } finally {
        // Before a result that cannot be stored yet: its file must not keep places from other webhooks.
        const outcome = attempt?.outcome ?? null;
        places.end(share, due.eventId, { succeeded: outcome?.kind === "delivered", now: clock.monotonic() });
        const isOver = attempt !== null && attempt.settlement.status !== "pending";
        flows.end(lane, opened.policy.flow, { isProbe, eventId: due.eventId, outcome, isOver });
      }
      if (attempt && stored === "refused") {
        lane.holds++;
        deps.wake();
        await storeLater(attemptDeps, webhookId, attempt.settlement);
        lane.holds--;
      }
      // Its next turn finds out when the next of its deliveries is due.
      lanes.enqueue(lane);
      deps.wake();
    } catch (error) {
      fail(lane, error);
    }
    end();
  }

  /** Lets held deliveries go where live ones leave room; one always, so that they never wait for ever. */
  function drain(lane: Lane, room: number): number | null {
    const flow = flows.of(lane.targetId);
    if (flow.isReleasing) return null;
    const { count, waitMs } = flow.takeHeld(Math.max(1, room), clock.monotonic());
    if (count === 0) return waitMs;
    track(backlog.release(lane, flow, count), lane);
    return null;
  }

  function track(work: Promise<void>, lane: Lane): void {
    underWay++;
    void work.catch((error: unknown) => fail(lane, error)).then(end);
  }

  function fail(lane: Lane, error: unknown): void {
    deps.onFault(lane.webhookId, error);
    rest(lane, null);
    deps.wake();
  }

  function end(): void {
    underWay--;
    if (underWay > 0) return;
    for (const resolve of whenEnded.splice(0)) resolve();
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
    else if (lanes.forgetIfIdle(lane)) flows.forgetIfPlain(lane.targetId);
  }

  function ended(): Promise<void> {
    return underWay === 0 ? Promise.resolve() : new Promise((resolve) => whenEnded.push(resolve));
  }

  return { take, rest, ended };
}

/** Now and then all is looked through: what was stored a little later than what is due after it must not wait. */
function frontOf(lane: Lane, mono: number): ClaimFront | null {
  if (lane.front !== null && mono - lane.lookedThroughAt < LOOK_THROUGH_EVERY_MS) return lane.front;
  lane.lookedThroughAt = mono;
  return null;
}
