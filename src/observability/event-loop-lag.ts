/** Measures how late timers run, which is how long other work has to wait for the event loop. */

import type { Clock } from "../lib/clock.ts";
import type { Buckets } from "./buckets.ts";

/**
 * Fifty checks a second cost 0.2 % of a core, as the runtime's own monitor does; half of the stalls this short are
 * missed.
 */
const INTERVAL_MS = 20;

/**
 * Uses its own timer: perf_hooks' monitorEventLoopDelay gives percentiles since its last reset, which cannot be added
 * up over time or shared by two scrapers; counts per bucket can. Returns a function that stops it.
 */
export function watchEventLoopLag({ clock, lag }: { clock: Clock; lag: Buckets }): () => void {
  let expectedAt = 0;
  let cancel = () => {};
  function wait(): void {
    expectedAt = clock.monotonic() + INTERVAL_MS;
    cancel = clock.after(INTERVAL_MS, look);
  }
  function look(): void {
    lag.observe(clock.monotonic() - expectedAt);
    wait();
  }
  wait();
  return () => cancel();
}
