/** Runs slow measurements with a time limit: a caller that has waited long enough gets the last known value. */
import type { Clock } from "../lib/clock.ts";

/** Maximum share of time spent measuring, however often it is requested. */
const SHARE = 0.01;

/**
 * Returns a reader that gives null until something is known. One measurement runs at a time; a failed one keeps the
 * last value.
 */
export function boundMeasure<T>(options: {
  measure: () => Promise<T>;
  /** Maximum wait of a caller, in milliseconds. */
  boundMs: number;
  /** Minimum time between two measurements; none by default. */
  everyMs?: number;
  clock: Pick<Clock, "monotonic" | "after">;
}): () => Promise<T | null> {
  const { measure, boundMs, everyMs = 0, clock } = options;
  let known: T | null = null;
  let underWay: Promise<void> | null = null;
  let notBefore = Number.NEGATIVE_INFINITY;

  async function run(): Promise<void> {
    const from = clock.monotonic();
    try {
      known = await measure();
    } catch {
      // For example, the folder has just been removed; the next measurement may succeed.
    }
    const end = clock.monotonic();
    notBefore = end + Math.max((end - from) / SHARE, everyMs);
    underWay = null;
  }

  return async () => {
    if (underWay === null && clock.monotonic() >= notBefore) underWay = run();
    if (underWay !== null) await within(underWay, boundMs, clock);
    return known;
  };
}

function within(work: Promise<void>, ms: number, clock: Pick<Clock, "after">): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    void work.then(() => {
      cancel();
      resolve();
    });
  });
}
