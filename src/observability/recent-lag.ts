/** Remembers how late timers ran in the last minute, for people; metrics measure it finer, where they are scraped. */
import type { Clock } from "../lib/clock.ts";

/** One check a second costs nothing that could be measured, and misses stalls that are much shorter. */
const INTERVAL_MS = 1_000;
const KEPT = 60;

export function watchRecentLag(clock: Clock) {
  const lags: number[] = [];
  let cancel = () => {};

  function wait(): void {
    const expectedAt = clock.monotonic() + INTERVAL_MS;
    cancel = clock.after(INTERVAL_MS, () => {
      lags.push(Math.max(0, clock.monotonic() - expectedAt));
      if (lags.length > KEPT) lags.shift();
      wait();
    });
  }

  return {
    start: wait,
    stop: () => cancel(),
    /** The longest of the last minute, in milliseconds; null before the first check. */
    longestMs: (): number | null => (lags.length === 0 ? null : Math.max(...lags)),
  };
}
