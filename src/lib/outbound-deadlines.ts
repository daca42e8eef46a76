/** Time limits and aborts of everything in flight: one timer for all instead of two for each. */
import type { Clock } from "./clock.ts";

/** How late a limit may take effect. */
const SWEEP_MS = 100;

export type Timed = Readonly<{
  /** On the monotonic clock. */
  connectBy: number;
  endBy: number;
  isConnected: () => boolean;
  onConnectTimeout: () => void;
  onTimeout: () => void;
  onAbort: () => void;
}>;

export type Deadlines = Readonly<{
  add: (timed: Timed, signal: AbortSignal) => void;
  remove: (timed: Timed, signal: AbortSignal) => void;
  abortAll: () => void;
}>;

export function createDeadlines(clock: Clock): Deadlines {
  const inFlight = new Set<Timed>();
  /** One listener per signal, however many requests share it: the gateway's stop signal lives as long as it does. */
  const bySignal = new WeakMap<AbortSignal, Set<Timed>>();
  let ticking = false;

  function tick(): void {
    if (inFlight.size === 0) {
      ticking = false;
      return;
    }
    const now = clock.monotonic();
    for (const timed of inFlight) {
      if (now >= timed.endBy) timed.onTimeout();
      else if (now >= timed.connectBy && !timed.isConnected()) timed.onConnectTimeout();
    }
    clock.after(SWEEP_MS, tick);
  }

  function sharing(signal: AbortSignal): Set<Timed> {
    const known = bySignal.get(signal);
    if (known !== undefined) return known;
    const group = new Set<Timed>();
    bySignal.set(signal, group);
    signal.addEventListener("abort", () => {
      for (const timed of group) timed.onAbort();
    });
    return group;
  }

  return {
    add(timed, signal) {
      inFlight.add(timed);
      sharing(signal).add(timed);
      if (ticking) return;
      ticking = true;
      clock.after(SWEEP_MS, tick);
    },
    remove(timed, signal) {
      inFlight.delete(timed);
      bySignal.get(signal)?.delete(timed);
    },
    abortAll() {
      for (const timed of inFlight) timed.onAbort();
    },
  };
}
