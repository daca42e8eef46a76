/** Measures what may take long within a bounded time: a caller that has waited enough gets what was known before. */
import type { Clock } from "../lib/clock.ts";

/** At most this share of the time goes into measuring, however often it is asked for. */
const SHARE = 0.01;

/** Null where nothing is known yet. One measurement runs at a time; one that fails leaves the last one standing. */
export function boundMeasure<T>(options: {
  measure: () => Promise<T>;
  /** Milliseconds that a caller waits at most. */
  boundMs: number;
  clock: Clock;
}): () => Promise<T | null> {
  const { measure, boundMs, clock } = options;
  let known: T | null = null;
  let underWay: Promise<void> | null = null;
  let notBefore = Number.NEGATIVE_INFINITY;

  async function run(): Promise<void> {
    const from = clock.monotonic();
    try {
      known = await measure();
    } catch {
      // As when the folder has just gone: the next one may know more.
    }
    const end = clock.monotonic();
    notBefore = end + (end - from) / SHARE;
    underWay = null;
  }

  return async () => {
    if (underWay === null && clock.monotonic() >= notBefore) underWay = run();
    if (underWay !== null) await within(underWay, boundMs, clock);
    return known;
  };
}

function within(work: Promise<void>, ms: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    void work.then(() => {
      cancel();
      resolve();
    });
  });
}
