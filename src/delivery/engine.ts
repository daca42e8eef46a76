/** The delivery engine: puts its parts together, starts them with what an earlier run left, and stops them. */
import type { Clock } from "../lib/clock.ts";
import { AppError } from "../lib/errors.ts";
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
import { Lookups } from "./lookups.ts";
import type { TargetOpener } from "./open-target.ts";
import { createRounds } from "./rounds.ts";
import { Slots } from "./slots.ts";
import { type TargetQueue, TargetQueues } from "./target-queue.ts";
import { type CircuitListener, type ThrottleState, Throttles } from "./throttle/throttles.ts";
import { createTimers } from "./timers.ts";
import { createTurns } from "./turn.ts";
import { nudgeUnfinished } from "./unfinished.ts";

/** An attempt that does not heed its abort is left behind after this long. */
const ABORT_MS = 1_000;

type OfTarget = Readonly<{ webhookId: string; targetId: string }>;

export type DeliveryEngine = Readonly<{
  /** Says that a webhook may have due deliveries; cheap, and never too often. */
  nudge: (webhookId: string) => void;
  /** Nothing is attempted before. Picks up what an earlier run left pending; ends when all webhooks were looked through. */
  start: (webhookIds: readonly string[]) => Promise<void>;
  /** Begins no more attempts, lets those under way end within `graceMs`, then aborts them; they stay pending. */
  stop: (graceMs: number) => Promise<void>;
  /** Attempts under way. */
  inFlight: () => number;
  /** The state of each target's throttle. Rejects where the webhook's file cannot be used. */
  describe: (webhookId: string, targetIds: readonly string[]) => Promise<readonly ThrottleState[]>;
  /** Forgets what is known of a target's failures, so that it is attempted at once. */
  resetCircuit: (of: OfTarget) => Promise<void>;
  /** Releases what a resumed target still has on hold as fast as it takes it, not at a rising rate. */
  hurry: (of: OfTarget) => void;
  /** Circuits that are not closed, of the webhooks looked into since the start. */
  openCircuits: () => number;
}>;

type EngineDeps = Readonly<{
  events: EventStore;
  throttleStore: ThrottleStore;
  routing: Routing;
  openTarget: TargetOpener;
  clock: Clock;
  log: Logger;
  metrics?: DeliveryMetrics;
  notices?: AttemptDeps["notices"];
  tracing?: AttemptDeps["tracing"];
  random?: () => number;
  /** Attempts under way and event files open at once; by default as many as are of use. */
  limits?: Readonly<{ attempts: number; openFiles: number }>;
  /** False while nothing may be attempted, as another node of the cluster may lead by now. */
  mayAttempt?: (() => boolean) | undefined;
  onGone?: AttemptDeps["onGone"];
  transform?: AttemptDeps["transform"];
  /** Where attempts are marked as begun; without one nothing is known of what killed the process before. */
  journal?: AttemptJournal;
  circuitListener?: CircuitListener;
}>;

export function createDeliveryEngine(deps: EngineDeps): DeliveryEngine {
  const { events, routing, clock, log } = deps;
  const { random = Math.random, metrics, circuitListener: listener, journal = noJournal } = deps;
  const abort = new AbortController();
  const queues = new TargetQueues();
  const slots = new Slots(deps.limits?.attempts);
  const store = deps.throttleStore;
  const throttles = new Throttles({ events, routing, store, clock, log, random, metrics, listener });
  const dueTimeShifts = createDueTimeShifts(deps);
  const discover = createDiscovery({ events, routing, throttles, dueTimeShifts, enqueue });
  const lookups = new Lookups({ discover, onFault, log });
  const suspects = new Suspects({ journal, clock, onAllowed });
  const turns = createTurns({
    ...deps,
    random,
    signal: abort.signal,
    queues,
    slots,
    throttles,
    suspects,
    journal,
    wake: () => rounds.wake(),
    onExpected: (dueAt) => timers.expect(dueAt),
    onFault,
  });
  const rounds = createRounds({
    clock,
    queues,
    lookups,
    turns,
    openFiles: deps.limits?.openFiles,
    mayAttempt: deps.mayAttempt ?? (() => true),
    onFault,
    onPassed: () => timers.watchSlots(),
  });
  const followClock = createClockFollower({ clock, log, dueTimeShifts, nudge });
  const timers = createTimers({ clock, queues, slots, lookups, suspects, rounds, followClock });
  const unsubscribe = routing.onInvalidate(nudge);
  let isStopping = false;

  function nudge(webhookId: string): void {
    lookups.nudge(webhookId);
    rounds.ask();
  }

  function enqueue(of: OfTarget): TargetQueue {
    const queue = queues.getOrAdd(of, () => slots.newShare());
    queue.enqueue();
    return queue;
  }

  function onAllowed(suspect: OfTarget): void {
    enqueue(suspect);
    rounds.ask();
  }

  function onFault(webhookId: string, error: unknown): void {
    if (error instanceof AppError && error.kind === "not_found") {
      lookups.forget(webhookId);
      turns.abandon(webhookId);
    } else lookups.park(webhookId, error);
  }

  return {
    nudge,
    async start(webhookIds) {
      dueTimeShifts.begin(webhookIds);
      rounds.start();
      const given = { events, log, isStopping: () => isStopping };
      await lookAtLeftBehind({ ...deps, ...given, journal, suspects });
      if (!isStopping) suspects.start();
      await nudgeUnfinished({ ...given, webhookIds, nudge });
    },
    async stop(graceMs) {
      isStopping = true;
      suspects.stop();
      unsubscribe();
      timers.stop();
      await endWithin(graceMs, { clock, abort, ended: rounds.stop().then(turns.ended) });
    },
    inFlight: () => slots.inFlight,
    openCircuits: () => throttles.openCircuits,
    describe: (webhookId, targetIds) => throttles.describe(webhookId, targetIds),
    async resetCircuit(of) {
      await throttles.reset(of);
      nudge(of.webhookId);
    },
    hurry({ webhookId, targetId }) {
      throttles.hurry(targetId);
      nudge(webhookId);
    },
  };
}

/** Waits for `ended`, aborts what has not ended within `graceMs`, and waits no longer for what does not heed that. */
async function endWithin(
  graceMs: number,
  { clock, abort, ended }: { clock: Clock; abort: AbortController; ended: Promise<void> },
): Promise<void> {
  const cancelGrace = clock.after(graceMs, () => abort.abort());
  let cancelWait: () => void = () => undefined;
  const waited = new Promise<void>((resolve) => {
    cancelWait = clock.after(graceMs + ABORT_MS, resolve);
  });
  await Promise.race([ended, waited]);
  cancelGrace();
  cancelWait();
  abort.abort();
}
