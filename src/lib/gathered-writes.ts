/** Remembers the latest value of each id, and writes all of them together every half minute. */
import type { Clock } from "./clock.ts";
import { every } from "./every.ts";

export type GatheredWrites<Value> = Readonly<{
  note: (id: string, value: Value) => void;
  /** A value that is not written yet; null if there is none. */
  find: (id: string) => Value | null;
  /** Writes what was noted. A full disk keeps it for the next time. */
  flush: () => void;
  start: () => void;
  stop: () => void;
}>;

/** A crash loses at most this much. */
const FLUSH_MS = 30_000;

/** `write` stores the values in one transaction. Note only ids that exist. */
export function createGatheredWrites<Value>(
  clock: Pick<Clock, "after">,
  write: (noted: readonly (readonly [id: string, value: Value])[]) => void,
): GatheredWrites<Value> {
  const noted = new Map<string, Value>();
  let end = () => {};

  function flush(): void {
    if (noted.size === 0) return;
    try {
      write([...noted]);
      noted.clear();
    } catch {
      // The disk is full, which is already logged.
    }
  }

  return {
    note: (id, value) => noted.set(id, value),
    find: (id) => noted.get(id) ?? null,
    flush,
    start() {
      end = every(clock, FLUSH_MS, flush);
    },
    stop() {
      end();
      flush();
    },
  };
}
