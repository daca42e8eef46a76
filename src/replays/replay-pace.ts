/** Slows replays down so that ingestion and live deliveries keep most of the event loop. */
import type { Clock } from "../lib/clock.ts";

/** Minimum rest between two steps. */
const LEAST_REST_MS = 5;
/** Limit of a rest: a step's duration may include waiting for a WAL restart, which needs no rest of that length. */
const LONGEST_REST_MS = 50;
/** A rest that ends late shows how busy the event loop is; the extra rest is this many times the delay. */
const LATENESS_FACTOR = 4;
const LONGEST_EXTRA_REST_MS = 250;

type Pace = Readonly<{
  /** Runs `step` when it is its turn: one step of all replays at a time, and a rest after each. */
  take: <T>(step: () => Promise<T>) => Promise<T>;
}>;

export function createPace(options: { clock: Clock; rest: (ms: number) => Promise<void> }): Pace {
  const { clock, rest } = options;
  let last: Promise<void> = Promise.resolve();

  async function restAfter(tookMs: number): Promise<void> {
    const restMs = Math.min(Math.max(tookMs, LEAST_REST_MS), LONGEST_REST_MS);
    const since = clock.monotonic();
    await rest(restMs);
    const lateMs = clock.monotonic() - since - restMs;
    if (lateMs >= 1) await rest(Math.min(lateMs * LATENESS_FACTOR, LONGEST_EXTRA_REST_MS));
  }

  return {
    take(step) {
      const since = { at: 0 };
      const result = last.then(() => {
        since.at = clock.monotonic();
        return step();
      });
      last = result.then(
        () => restAfter(clock.monotonic() - since.at),
        () => undefined,
      );
      return result;
    },
  };
}

type Rests = Readonly<{
  rest: (ms: number) => Promise<void>;
  /** Ends the current rests, and makes later ones end at once. */
  end: () => void;
}>;

export function createRests(clock: Clock): Rests {
  // A set, not a race with one promise: that promise would live as long as the program and remember every rest.
  const ends = new Set<() => void>();
  let isEnded = false;
  return {
    rest(ms) {
      if (isEnded) return Promise.resolve();
      return new Promise((resolve) => {
        const end = () => {
          cancel();
          ends.delete(end);
          resolve();
        };
        const cancel = clock.after(ms, end);
        ends.add(end);
      });
    },
    end() {
      isEnded = true;
      for (const end of ends) end();
    },
  };
}
