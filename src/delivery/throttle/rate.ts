/** A limit on how often something begins: the generic cell rate algorithm, pure. */

export type RateLimit = Readonly<{ limit: number; periodMs: number }>;

/** Timers are no more exact than this, so that many may begin at once after a wait. */
const BURST_MS = 20;

/** Until when what has begun counts, in milliseconds of monotonic time. Only this is kept, however high the limit. */
export type RateState = Readonly<{ at: number }>;

export const FRESH: RateState = { at: Number.NEGATIVE_INFINITY };

type Pace = Readonly<{ intervalMs: number; burst: number }>;

/** Milliseconds between two, and how many may begin at once. Together never more than the limit within any period. */
function paceOf({ limit, periodMs }: RateLimit): Pace {
  const burst = 1 + Math.floor((limit * BURST_MS) / periodMs);
  return { intervalMs: periodMs / (limit - burst + 1), burst };
}

/** Milliseconds that what has begun counts for; no more than the present limit can have made of it. */
function debtMs({ at }: RateState, { intervalMs, burst }: Pace, now: number): number {
  return Math.max(0, Math.min(at - now, burst * intervalMs));
}

/** How many may begin now. */
export function allowance(state: RateState, rate: RateLimit, now: number): number {
  const pace = paceOf(rate);
  return Math.max(0, Math.floor(pace.burst - debtMs(state, pace, now) / pace.intervalMs));
}

/** `count` begin now. */
export function spend(state: RateState, rate: RateLimit, of: { now: number; count: number }): RateState {
  const pace = paceOf(rate);
  return { at: of.now + debtMs(state, pace, of.now) + of.count * pace.intervalMs };
}

/** Milliseconds until something may begin; so many at once that no timer is needed for each. 0: now. */
export function waitMs(state: RateState, rate: RateLimit, now: number): number {
  if (allowance(state, rate, now) > 0) return 0;
  const pace = paceOf(rate);
  const wanted = Math.max(1, Math.floor(pace.burst / 2));
  return Math.max(1, Math.ceil(debtMs(state, pace, now) - (pace.burst - wanted) * pace.intervalMs));
}

/** The state where all that is known is when the last one began: as though it had used up all that was allowed. */
export function stateAfter(lastAt: number, rate: RateLimit): RateState {
  const { intervalMs, burst } = paceOf(rate);
  return { at: lastAt + burst * intervalMs };
}

/** True where the state says no more than a fresh one. */
export function isForgettable(state: RateState, now: number): boolean {
  return state.at <= now;
}
