/** A rate limit by the generic cell rate algorithm, pure. */

export type RateLimit = Readonly<{ limit: number; periodMs: number }>;

/** Timers are no more exact than this, so as many may begin at once after a wait. */
const BURST_MS = 20;

/** `at`: when all that has begun will have been paid off, in monotonic milliseconds. All that is kept for any limit. */
export type RateState = Readonly<{ at: number }>;

export const FRESH: RateState = { at: Number.NEGATIVE_INFINITY };

type Pace = Readonly<{ intervalMs: number; burst: number }>;

/** The interval between two begins, and how many may begin at once; together never above the limit in any period. */
function paceOf({ limit, periodMs }: RateLimit): Pace {
  const burst = 1 + Math.floor((limit * BURST_MS) / periodMs);
  return { intervalMs: periodMs / (limit - burst + 1), burst };
}

/** Milliseconds until all that has begun is paid off; at most what the current limit can have added up. */
function debtMs({ at }: RateState, { intervalMs, burst }: Pace, now: number): number {
  return Math.max(0, Math.min(at - now, burst * intervalMs));
}

/** How many may begin now. */
export function allowance(state: RateState, rate: RateLimit, now: number): number {
  const pace = paceOf(rate);
  return Math.max(0, Math.floor(pace.burst - debtMs(state, pace, now) / pace.intervalMs));
}

/** Returns the state after `count` have begun. */
export function spend(state: RateState, rate: RateLimit, of: { now: number; count: number }): RateState {
  const pace = paceOf(rate);
  return { at: of.now + debtMs(state, pace, of.now) + of.count * pace.intervalMs };
}

/** Milliseconds to wait until some may begin, several at once so that not each needs a timer; 0 for now. */
export function waitMs(state: RateState, rate: RateLimit, now: number): number {
  if (allowance(state, rate, now) > 0) return 0;
  const pace = paceOf(rate);
  const wanted = Math.max(1, Math.floor(pace.burst / 2));
  return Math.max(1, Math.ceil(debtMs(state, pace, now) - (pace.burst - wanted) * pace.intervalMs));
}

/** The state where only the time of the last begin is known: as if that had used up the burst. */
export function stateAfter(lastAt: number, rate: RateLimit): RateState {
  const { intervalMs, burst } = paceOf(rate);
  return { at: lastAt + burst * intervalMs };
}

/** True where the state says no more than `FRESH`. */
export function isForgettable(state: RateState, now: number): boolean {
  return state.at <= now;
}
