/** Observes how late timers run, which is how long whatever else wants to run has to wait. */

import type { Clock } from "../lib/clock.ts";
import type { Buckets } from "./buckets.ts";

/** Fifty looks a second cost 0.2 % of a core, as the runtime's own monitor does; half of the stops this short are missed. */
const INTERVAL_MS = 20;

/**
 * A timer of our own: perf_hooks' monitorEventLoopDelay tells percentiles since its last reset, which cannot be
 * added up over time or shared by two scrapers; counts per bucket can. Returns what stops it.
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
