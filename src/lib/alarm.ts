/** A timer that keeps the earliest of the requested times. */
import type { Clock } from "./clock.ts";

export type Alarm = Readonly<{
  /** Rings after `ms`, or sooner if it was already set to. */
  ringIn: (ms: number) => void;
  /** Cancels the alarm for good. */
  stop: () => void;
}>;

export function createAlarm(clock: Clock, onRing: () => void): Alarm {
  let ringsAt = Number.POSITIVE_INFINITY;
  let cancel: (() => void) | null = null;
  let isStopped = false;

  function ring(): void {
    ringsAt = Number.POSITIVE_INFINITY;
    cancel = null;
    onRing();
  }

  return {
    ringIn(ms) {
      const at = clock.monotonic() + ms;
      if (isStopped || at >= ringsAt) return;
      cancel?.();
      ringsAt = at;
      cancel = clock.after(ms, ring);
    },
    stop() {
      isStopped = true;
      cancel?.();
    },
  };
}
