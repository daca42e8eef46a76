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
  /** One listener per signal, however many requests share it: the gateway's stop signal lives as long as it does. */
  const groups = new WeakMap<AbortSignal, Set<Timed>>();
  /** Groups that may have something in flight. */
  const active = new Set<Set<Timed>>();
  let ticking = false;

  function groupOf(signal: AbortSignal): Set<Timed> {
    const known = groups.get(signal);
    if (known !== undefined) return known;
    const group = new Set<Timed>();
    groups.set(signal, group);
    signal.addEventListener("abort", () => {
      for (const timed of group) timed.onAbort();
    });
    return group;
  }

  function tick(): void {
    const now = clock.monotonic();
    for (const group of active) {
      if (group.size === 0) active.delete(group);
      for (const timed of group) {
        if (now >= timed.endBy) timed.onTimeout();
        else if (now >= timed.connectBy && !timed.isConnected()) timed.onConnectTimeout();
      }
    }
    ticking = active.size > 0;
    if (ticking) clock.after(SWEEP_MS, tick);
  }

  return {
    add(timed, signal) {
      const group = groupOf(signal);
      group.add(timed);
      if (group.size === 1) active.add(group);
      if (ticking) return;
      ticking = true;
      clock.after(SWEEP_MS, tick);
    },
    remove(timed, signal) {
      groups.get(signal)?.delete(timed);
    },
    abortAll() {
      for (const group of active) {
        for (const timed of group) timed.onAbort();
      }
    },
  };
}
