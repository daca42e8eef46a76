/** Takes due deliveries from the event files, fairly and in bounded numbers, and sees each through one try. */
import type { Clock } from "../lib/clock.ts";
import { AppError, errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log.ts";
import type { DueDelivery } from "../storage/event-db/types.ts";
import type { EventStore } from "../storage/event-store.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import { createAlarm } from "./alarm.ts";
import { type AttemptDeps, runAttempt } from "./attempt.ts";
import { MAX_WAIT_MS } from "./backoff.ts";
import { createClockJumpDetector } from "./clock-jump.ts";
import type { OpenedTarget, TargetOpener } from "./deliver-once.ts";
import { type Lane, Lanes } from "./lane.ts";
import { Places, SLOW_AFTER_MS } from "./places.ts";

/** Deliveries one lane takes before it is the next lane's turn. */
const TURN = 32;
/** Nothing depends on it in the normal run: it finds what a fault or a clock jump left behind. */
const SAFETY_INTERVAL_MS = 10_000;
/** Webhooks looked through for pending deliveries at a time after a start. */
const START_STEP = 50;

export type DeliveryEngine = Readonly<{
  /** Says that a webhook may have due deliveries; cheap, and never too often. */
  nudge: (webhookId: string) => void;
  /** Picks up what an earlier run left pending; ends when all webhooks were looked through. */
  start: (webhookIds: readonly string[]) => Promise<void>;
  /** Begins no more tries, lets those under way end within `graceMs`, then breaks them off; they stay pending. */
  stop: (graceMs: number) => Promise<void>;
  /** Tries under way. */
  inFlight: () => number;
}>;

export function createDeliveryEngine(deps: {
  events: EventStore;
  routing: Routing;
  openTarget: TargetOpener;
  clock: Clock;
  log: Logger;
  random?: () => number;
}): DeliveryEngine {
  const { events, routing, openTarget, clock, log } = deps;
  const abort = new AbortController();
  const attemptDeps: AttemptDeps = {
    events,
    clock,
    log,
    random: deps.random ?? Math.random,
    signal: abort.signal,
  };
  const lanes = new Lanes();
  const places = new Places();
  const nudged = new Set<string>();
  /** Webhooks whose file could not be read; tried again by the safety interval. */
  const parked = new Set<string>();
  const running = new Set<Promise<void>>();
  const clockJump = createClockJumpDetector(clock);
  const dueAlarm = createAlarm(clock, enqueueDue);
  const safetyAlarm = createAlarm(clock, checkSafety);
  const sweepAlarm = createAlarm(clock, sweep);
  let isPumpScheduled = false;
  let pumping: Promise<void> | null = null;
  let isStopping = false;
  const unsubscribe = routing.onInvalidate(nudge);
  safetyAlarm.ringIn(SAFETY_INTERVAL_MS);

  function nudge(webhookId: string): void {
    nudged.add(webhookId);
    wake();
  }

  function wake(): void {
    if (isPumpScheduled || pumping || isStopping) return;
    isPumpScheduled = true;
    setImmediate(() => {
      isPumpScheduled = false;
      pumping = pump().finally(() => {
        pumping = null;
        // Starved lanes wait for a place, and one may have become free while the round went on.
        if (nudged.size > 0 || (lanes.hasStarved && places.inFlight === 0)) wake();
        if (places.inFlight > 0) sweepAlarm.ringIn(SLOW_AFTER_MS / 2);
      });
    });
  }

  async function pump(): Promise<void> {
    await discover();
    lanes.requeueStarved();
    for (let lane = lanes.next(); lane && !isStopping; lane = lanes.next()) {
      try {
        await fill(lane);
      } catch (error) {
        park(lane.webhookId, error);
      }
    }
  }

  async function discover(): Promise<void> {
    const webhookIds = [...nudged];
    nudged.clear();
    for (const webhookId of webhookIds) {
      try {
        for (const targetId of await events.listPendingTargets(webhookId)) {
          lanes.enqueue(lanes.getOrAdd(webhookId, targetId, () => places.newShare()));
        }
      } catch (error) {
        park(webhookId, error);
      }
    }
  }

  function park(webhookId: string, error: unknown): void {
    if (error instanceof AppError && error.kind === "not_found") return;
    if (!parked.has(webhookId)) {
      log.error("a webhook's deliveries wait until its event file can be used", {
        webhook_id: webhookId,
        cause: errorMessage(error),
      });
    }
    parked.add(webhookId);
  }

  async function fill(lane: Lane): Promise<void> {
    const { webhookId, targetId, share } = lane;
    const target = routing.findTarget(targetId);
    if (!target || target.deleted) return discard(lane);
    // An inactive target's deliveries wait in the file; activating it invalidates the route, which nudges.
    if (!target.active) return rest(lane, null);
    const room = Math.min(places.room(share), TURN);
    if (room === 0 || !places.worthFilling(share)) {
      if (share.inFlight.size === 0) lanes.starve(lane);
      return;
    }
    const now = clock.now();
    const opened = openTarget(target);
    if (!opened) return rest(lane, now + SAFETY_INTERVAL_MS);
    const beyond = now + MAX_WAIT_MS;
    const due = await events.claimDue({
      webhookId,
      targetId,
      now,
      beyond,
      limit: room,
      inFlight: share.inFlight,
    });
    if (isStopping) return;
    for (const delivery of due) begin(lane, opened, delivery);
    if (due.length === room) lanes.enqueue(lane);
    else rest(lane, await events.earliestDue({ webhookId, targetId, after: now }));
  }

  function begin(lane: Lane, opened: OpenedTarget, due: DueDelivery): void {
    places.begin(lane.share, due.eventId, clock.monotonic());
    const run = runAttempt(attemptDeps, opened, due).then((done) => {
      places.end(lane.share, due.eventId, {
        succeeded: done?.outcome.kind === "delivered",
        now: clock.monotonic(),
      });
      running.delete(run);
      if (done?.next.nextAttemptAt != null) expect(lane, done.next.nextAttemptAt);
      lanes.enqueue(lane);
      wake();
    });
    running.add(run);
  }

  async function discard(lane: Lane): Promise<void> {
    const { webhookId, targetId } = lane;
    const count = await events.discardPending({
      webhookId,
      targetId,
      reason: "The target was deleted.",
      now: clock.now(),
    });
    if (count > 0)
      log.info("deliveries of a deleted target discarded", {
        webhook_id: webhookId,
        target_id: targetId,
        count,
      });
    rest(lane, null);
  }

  /** The lane has nothing due now, and next at `dueAt`. */
  function rest(lane: Lane, dueAt: number | null): void {
    lane.dueAt = null;
    if (dueAt === null) lanes.forgetIfIdle(lane);
    else expect(lane, dueAt);
  }

  function expect(lane: Lane, dueAt: number): void {
    lane.dueAt = Math.min(lane.dueAt ?? Number.POSITIVE_INFINITY, dueAt);
    dueAlarm.ringIn(lane.dueAt - clock.now());
  }

  function enqueueDue(): void {
    const now = clock.now();
    for (const lane of lanes.all()) {
      if (lane.dueAt === null) continue;
      if (lane.dueAt > now) {
        dueAlarm.ringIn(lane.dueAt - now);
        continue;
      }
      lane.dueAt = null;
      lanes.enqueue(lane);
    }
    wake();
  }

  function checkSafety(): void {
    for (const webhookId of parked) nudged.add(webhookId);
    parked.clear();
    void followClock().finally(() => {
      enqueueDue();
      safetyAlarm.ringIn(SAFETY_INTERVAL_MS);
    });
  }

  /** Due times were written by the wall clock; when it is set back they move with it. */
  async function followClock(): Promise<void> {
    const deltaMs = clockJump();
    if (deltaMs >= 0) return;
    for (const lane of lanes.all()) {
      const { webhookId, targetId } = lane;
      await events
        .shiftDue({ webhookId, targetId, after: clock.now(), deltaMs })
        .catch((error) => park(webhookId, error));
      if (lane.dueAt !== null) lane.dueAt += deltaMs;
    }
  }

  /** While tries run, finds lanes that turned slow, so that they give their places up to others. */
  function sweep(): void {
    for (const lane of lanes.all()) places.review(lane.share, clock.monotonic());
    if (lanes.hasStarved) wake();
    if (places.inFlight > 0) sweepAlarm.ringIn(SLOW_AFTER_MS / 2);
  }

  async function start(webhookIds: readonly string[]): Promise<void> {
    for (let from = 0; from < webhookIds.length && !isStopping; from += START_STEP) {
      const step = webhookIds.slice(from, from + START_STEP);
      for (const webhookId of await events.findPending(step)) nudge(webhookId);
    }
  }

  async function stop(graceMs: number): Promise<void> {
    isStopping = true;
    unsubscribe();
    for (const alarm of [dueAlarm, safetyAlarm, sweepAlarm]) alarm.stop();
    await pumping;
    const grace = clock.after(graceMs, () => abort.abort());
    while (running.size > 0) await Promise.all(running);
    grace();
    abort.abort();
  }

  return { nudge, start, stop, inFlight: () => places.inFlight };
}
