/** Says when event files are looked into for due deliveries, and in whose turn; starts and stops it all. */

import { createAlarm } from "../lib/alarm.ts";
import type { Clock } from "../lib/clock.ts";
import { AppError, errorMessage } from "../lib/errors.ts";
import type { Logger } from "../observability/log.ts";
import type { DeliveryMetrics } from "../observability/metrics.ts";
import { type AttemptJournal, noJournal } from "../storage/attempt-journal/attempt-journal.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import type { ThrottleStore } from "../storage/stores/throttle-store.ts";
import type { AttemptDeps } from "./attempts/attempt.ts";
import { lookAtLeftBehind } from "./attempts/set-aside.ts";
import { Suspects } from "./attempts/suspects.ts";
import { createDiscovery } from "./discovery.ts";
import { createClockFollower, createDueTimeShifts } from "./due-time-shifts.ts";
import type { TargetOpener } from "./open-target.ts";
import { createPasses } from "./passes.ts";
import { Places, SLOW_AFTER_MS } from "./slots.ts";
import type { TargetNotices } from "./target-notices.ts";
import { type Lane, Lanes } from "./target-queue.ts";
import { type CircuitListener, type ThrottleState, Throttles } from "./throttle/throttles.ts";
import { createTurns } from "./turn.ts";
import { nudgeUnfinished } from "./unfinished.ts";

/** Lanes and nudged webhooks in one pass; then the event loop goes round, as each may open a file, which takes 1 ms. */
const PASS = 32;
/** And goes round sooner where lanes take longer than this together: one with a full turn of deliveries takes 3 ms. */
const PASS_MS = 5;
/** Nothing depends on it in the normal run: it finds what a fault or a clock jump left behind. */
const SAFETY_INTERVAL_MS = 10_000;
/** An attempt that does not heed the end of the grace period is left behind after this long. */
const ABORT_MS = 1_000;

export type DeliveryEngine = Readonly<{
  /** Says that a webhook may have due deliveries; cheap, and never too often. */
  nudge: (webhookId: string) => void;
  /** Picks up what an earlier run left pending; ends when all webhooks were looked through. */
  start: (webhookIds: readonly string[]) => Promise<void>;
  /** Begins no more attempts, lets those under way end within `graceMs`, then breaks them off; they stay pending. */
  stop: (graceMs: number) => Promise<void>;
  /** Attempts under way. */
  inFlight: () => number;
  /** How each of the targets is dealt with. Rejects where the webhook's file cannot be used. */
  describe: (webhookId: string, targetIds: readonly string[]) => Promise<readonly ThrottleState[]>;
  /** Forgets what is known of a target's failures: it is tried at once. */
  resetCircuit: (of: { webhookId: string; targetId: string }) => Promise<void>;
  /** What a resumed target still holds goes as fast as it takes it, not at a rising rate. */
  hurry: (of: { webhookId: string; targetId: string }) => void;
  /** Circuits that are not closed, of the webhooks looked into since the start. */
  openCircuits: () => number;
}>;

export function createDeliveryEngine(deps: {
  events: EventStore;
  throttleStore: ThrottleStore;
  routing: Routing;
  openTarget: TargetOpener;
  clock: Clock;
  log: Logger;
  metrics?: DeliveryMetrics;
  notices?: Pick<TargetNotices, "targetGivenUp" | "targetDelivered">;
  tracing?: AttemptDeps["tracing"];
  random?: () => number;
  /** Attempts under way and event files open at once; by default as many as are of use. */
  limits?: Readonly<{ attempts: number; openFiles: number }>;
  onGone?: AttemptDeps["onGone"];
  /** Where attempts are marked as begun; without one nothing is known of what killed the process before. */
  journal?: AttemptJournal;
  circuitListener?: CircuitListener;
}): DeliveryEngine {
  const { events, routing, clock, log } = deps;
  const abort = new AbortController();
  const lanes = new Lanes();
  const places = new Places(deps.limits?.attempts);
  // Each file is needed several times on the way of a delivery: were more looked into, they would close each other.
  const inOnePass = Math.min(PASS, Math.floor((deps.limits?.openFiles ?? 2 * PASS) / 2));
  const { random = Math.random, metrics, circuitListener: listener, journal = noJournal } = deps;
  const throttles = new Throttles({ events, routing, store: deps.throttleStore, clock, log, random, metrics, listener });
  const nudged = new Set<string>();
  /** Webhooks whose file could not be used; the safety interval looks again. */
  const parked = new Set<string>();
  const dueTimeShifts = createDueTimeShifts(deps);
  const followClock = createClockFollower({ clock, log, dueTimeShifts, nudge });
  const discover = createDiscovery({ events, routing, throttles, dueTimeShifts, enqueue });
  const passes = createPasses(pass);
  const dueAlarm = createAlarm(clock, enqueueDue);
  const safetyAlarm = createAlarm(clock, checkSafety);
  const sweepAlarm = createAlarm(clock, sweep);
  const suspects = new Suspects({ journal, clock, onAllowed });
  const turns = createTurns({
    ...deps,
    random,
    signal: abort.signal,
    ...{ lanes, places, throttles, suspects, journal, wake },
    onExpected: (dueAt) => dueAlarm.ringIn(dueAt - clock.now()),
    onFault: park,
  });
  let [hasFreePlaces, isStopping] = [false, false];
  const unsubscribe = routing.onInvalidate(nudge);
  safetyAlarm.ringIn(SAFETY_INTERVAL_MS);

  function nudge(webhookId: string): void {
    nudged.add(webhookId);
    passes.ask();
  }

  function wake(): void {
    hasFreePlaces = true;
    passes.ask();
  }

  async function pass(): Promise<void> {
    await Promise.all(takeNudged().map(lookInto));
    if (hasFreePlaces) lanes.requeueStarved();
    hasFreePlaces = false;
    const until = clock.monotonic() + PASS_MS;
    for (let turn = 0; turn < inOnePass && !isStopping && clock.monotonic() < until; turn++) {
      const lane = lanes.next();
      if (!lane) break;
      try {
        await turns.take(lane);
      } catch (error) {
        park(lane.webhookId, error);
        turns.rest(lane, null);
      }
    }
    turns.launch(until);
    if (lanes.hasReady || nudged.size > 0) passes.ask();
    if (places.inFlight > 0) sweepAlarm.ringIn(SLOW_AFTER_MS / 2);
  }

  function takeNudged(): readonly string[] {
    const webhookIds = [...nudged.values().take(inOnePass)];
    for (const webhookId of webhookIds) nudged.delete(webhookId);
    return webhookIds;
  }

  async function lookInto(webhookId: string): Promise<void> {
    try {
      await discover(webhookId);
      parked.delete(webhookId);
    } catch (error) {
      park(webhookId, error);
    }
  }

  function enqueue(webhookId: string, targetId: string): Lane {
    const lane = lanes.getOrAdd(webhookId, targetId, () => places.newShare());
    lanes.enqueue(lane);
    return lane;
  }

  function onAllowed({ webhookId, targetId }: Readonly<{ webhookId: string; targetId: string }>): void {
    enqueue(webhookId, targetId);
    passes.ask();
  }

  function park(webhookId: string, error: unknown): void {
    if (error instanceof AppError && error.kind === "not_found") {
      parked.delete(webhookId);
      for (const lane of lanes.all()) {
        if (lane.webhookId !== webhookId) continue;
        lane.hasHeld = false;
        turns.rest(lane, null);
      }
      return;
    }
    if (!parked.has(webhookId)) {
      log.error("a webhook's deliveries wait until its event file can be used", {
        webhook_id: webhookId,
        cause: errorMessage(error),
      });
    }
    parked.add(webhookId);
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
    passes.ask();
  }

  function checkSafety(): void {
    // First, so that the clock is followed in these too.
    for (const webhookId of parked) nudge(webhookId);
    followClock(() => new Set([...nudged, ...lanes.webhookIds()]));
    enqueueDue();
    suspects.wake();
    safetyAlarm.ringIn(SAFETY_INTERVAL_MS);
  }

  /** While attempts run, finds lanes that turned slow, so that they give their places up to others. */
  function sweep(): void {
    for (const lane of lanes.all()) places.review(lane.share, clock.monotonic());
    if (lanes.hasStarved) wake();
    if (places.inFlight > 0) sweepAlarm.ringIn(SLOW_AFTER_MS / 2);
  }

  async function stop(graceMs: number): Promise<void> {
    isStopping = true;
    suspects.stop();
    unsubscribe();
    for (const alarm of [dueAlarm, safetyAlarm, sweepAlarm]) alarm.stop();
    const cancelGrace = clock.after(graceMs, () => abort.abort());
    let cancelWait: () => void = () => undefined;
    const waited = new Promise<void>((resolve) => {
      cancelWait = clock.after(graceMs + ABORT_MS, resolve);
    });
    await Promise.race([passes.stop().then(turns.ended), waited]);
    cancelGrace();
    cancelWait();
    abort.abort();
  }

  return {
    ...{ nudge, stop },
    async start(webhookIds) {
      const given = { events, log, isStopping: () => isStopping };
      await lookAtLeftBehind({ ...deps, ...given, journal, suspects });
      if (!isStopping) suspects.start();
      await nudgeUnfinished({ ...given, webhookIds, nudge });
    },
    inFlight: () => places.inFlight,
    openCircuits: () => throttles.openCircuits,
    async describe(webhookId, targetIds) {
      await throttles.load(webhookId);
      return targetIds.map((targetId) => throttles.describe(targetId));
    },
    async resetCircuit(of) {
      await throttles.load(of.webhookId);
      throttles.reset(of);
      nudge(of.webhookId);
    },
    hurry({ webhookId, targetId }) {
      throttles.of(targetId).isRushed = true;
      nudge(webhookId);
    },
  };
}
