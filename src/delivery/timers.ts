/** The engine's work by the clock, not for an event: due deliveries, slow targets, and what a fault has left behind. */
import { createAlarm } from "../lib/alarm.ts";
import type { Clock } from "../lib/clock.ts";
import type { Suspects } from "./attempts/suspects.ts";
import type { Lookups } from "./lookups.ts";
import type { Rounds } from "./rounds.ts";
import { SLOW_AFTER_MS, type Slots } from "./slots.ts";
import type { TargetQueues } from "./target-queue.ts";

/** Nothing depends on it in the normal run: it finds what a fault or a clock jump left behind. */
const SAFETY_INTERVAL_MS = 10_000;

export type Timers = Readonly<{
  /** A queue has something due at this wall-clock time. */
  expect: (dueAt: number) => void;
  /** Looks for slow targets for as long as attempts run. */
  watchSlots: () => void;
  stop: () => void;
}>;

/** Starts the safety interval. */
export function createTimers(deps: {
  clock: Clock;
  queues: TargetQueues;
  slots: Slots;
  lookups: Lookups;
  suspects: Suspects;
  rounds: Pick<Rounds, "ask" | "wake">;
  /** Moves due times after the clock was set, of the webhooks that it is given. */
  followClock: (listWebhookIds: () => ReadonlySet<string>) => void;
}): Timers {
  const { clock, queues, slots, lookups, suspects, rounds, followClock } = deps;
  const dueAlarm = createAlarm(clock, wakeDue);
  const sweepAlarm = createAlarm(clock, sweep);
  const safetyAlarm = createAlarm(clock, checkSafety);
  safetyAlarm.ringIn(SAFETY_INTERVAL_MS);

  function expect(dueAt: number): void {
    dueAlarm.ringIn(dueAt - clock.now());
  }

  function wakeDue(): void {
    const next = queues.wakeDue(clock.now());
    if (next !== null) expect(next);
    rounds.ask();
  }

  function watchSlots(): void {
    if (slots.inFlight > 0) sweepAlarm.ringIn(SLOW_AFTER_MS / 2);
  }

  /** Finds targets that turned slow, so that they leave the slots of healthy ones to others. */
  function sweep(): void {
    for (const queue of queues.all()) slots.review(queue.share, clock.monotonic());
    if (queues.hasStarved) rounds.wake();
    watchSlots();
  }

  function checkSafety(): void {
    // First, so that the clock is followed in these too.
    lookups.retryParked();
    followClock(() => new Set([...lookups.nudged, ...queues.webhookIds()]));
    wakeDue();
    suspects.wake();
    safetyAlarm.ringIn(SAFETY_INTERVAL_MS);
  }

  return {
    expect,
    watchSlots,
    stop() {
      for (const alarm of [dueAlarm, sweepAlarm, safetyAlarm]) alarm.stop();
    },
  };
}
