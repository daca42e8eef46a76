/** A clock that moves only when a test moves it. */
import type { Clock } from "../../src/lib/clock.ts";
import { newIdAt } from "../../src/lib/ids.ts";

export type FakeClock = Clock &
  Readonly<{
    /** Moves both clocks by `ms` and runs the timers that become due, in order. */
    advance: (ms: number) => void;
    /** Moves the wall clock alone, forward or back, as a time correction does. */
    jump: (ms: number) => void;
  }>;

/** 2026-01-01T00:00:00Z. */
export const DEFAULT_START = 1_767_225_600_000;

type Timer = { due: number; fn: () => void };

export function createFakeClock(startMs: number = DEFAULT_START): FakeClock {
  // Ids of one moment are numbered, and after some thousands of all tests' they would have the next millisecond's time.
  newIdAt(startMs + 1);
  let wall = startMs;
  let elapsed = 0;
  const timers = new Set<Timer>();

  function takeDue(until: number): Timer | null {
    let next: Timer | null = null;
    for (const timer of timers) {
      if (timer.due <= until && (next === null || timer.due < next.due)) next = timer;
    }
    if (next) timers.delete(next);
    return next;
  }

  function moveTo(target: number): void {
    wall += target - elapsed;
    elapsed = target;
  }

  return {
    now: () => wall,
    monotonic: () => elapsed,
    after(ms, fn) {
      const timer = { due: elapsed + Math.max(0, ms), fn };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    advance(ms) {
      const end = elapsed + ms;
      for (let timer = takeDue(end); timer; timer = takeDue(end)) {
        moveTo(Math.max(elapsed, timer.due));
        timer.fn();
      }
      moveTo(end);
    },
    jump(ms) {
      wall += ms;
    },
  };
}
