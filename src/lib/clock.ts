/** Time as a dependency, so that tests can move it, and so that clock jumps can be told from elapsed time. */

export type Clock = Readonly<{
  /** Wall-clock time, integer milliseconds since the Unix epoch, UTC. May jump either way. */
  now: () => number;
  /** Milliseconds since an arbitrary start; never decreases. */
  monotonic: () => number;
  /** Calls `fn` once after `ms` milliseconds; the returned function cancels. Never keeps the process alive. */
  after: (ms: number, fn: () => void) => () => void;
}>;

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Largest delay `setTimeout` accepts; a longer one would fire immediately. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, Math.max(0, Math.min(ms, MAX_TIMEOUT_MS)));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export function wait(clock: Pick<Clock, "after">, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
