/** Enforces time limits and aborts for all requests in flight with one timer, instead of two per request. */
import type { Clock } from "../lib/clock.ts";

/** Maximum delay with which a limit takes effect. */
const SWEEP_MS = 100;

export type Timed = {
  /** Time on the monotonic clock. */
  readonly connectBy: number;
  endBy: number;
  isConnected: () => boolean;
  onConnectTimeout: () => void;
  onTimeout: () => void;
  onAbort: () => void;
  /** Owned by the deadlines. Membership of a Set took a fifth of a request's cost; an index costs nothing. */
  group: Timed[] | null;
  index: number;
};

export type Deadlines = Readonly<{
  add: (timed: Timed, signal: AbortSignal) => void;
  remove: (timed: Timed) => void;
  abortAll: () => void;
  /** Current time on the monotonic clock. */
  now: () => number;
}>;

export function createDeadlines(clock: Clock): Deadlines {
  /**
   * Holds one listener per signal, however many requests share it: the gateway's stop signal lives as long as the
   * gateway.
   */
  const groups = new WeakMap<AbortSignal, Timed[]>();
  /** Groups that may have requests in flight. */
  const active = new Set<Timed[]>();
  let latest: { signal: AbortSignal; group: Timed[] } | null = null;
  let ticking = false;

  function groupOf(signal: AbortSignal): Timed[] {
    if (latest?.signal === signal) return latest.group;
    const group = groups.get(signal) ?? newGroup(signal);
    latest = { signal, group };
    return group;
  }

  function newGroup(signal: AbortSignal): Timed[] {
    const group: Timed[] = [];
    groups.set(signal, group);
    signal.addEventListener("abort", () => abortGroup(group));
    return group;
  }

  function tick(): void {
    const now = clock.monotonic();
    for (const group of active) {
      if (group.length === 0) active.delete(group);
      eachBackwards(group, (timed) => {
        if (now >= timed.endBy) timed.onTimeout();
        else if (now >= timed.connectBy && !timed.isConnected()) timed.onConnectTimeout();
      });
    }
    ticking = active.size > 0;
    if (ticking) clock.after(SWEEP_MS, tick);
  }

  return {
    add(timed, signal) {
      const group = groupOf(signal);
      timed.group = group;
      timed.index = group.push(timed) - 1;
      if (group.length === 1) active.add(group);
      if (ticking) return;
      ticking = true;
      clock.after(SWEEP_MS, tick);
    },
    remove(timed) {
      const { group } = timed;
      if (group === null) return;
      timed.group = null;
      const last = group.pop();
      if (last === undefined || last === timed) return;
      group[timed.index] = last;
      last.index = timed.index;
    },
    now: clock.monotonic,
    abortAll() {
      for (const group of active) abortGroup(group);
    },
  };
}

function abortGroup(group: readonly Timed[]): void {
  eachBackwards(group, (timed) => timed.onAbort());
}

/** Iterates backwards because a removed entry is replaced by the last one, which has been visited already. */
function eachBackwards(group: readonly Timed[], visit: (timed: Timed) => void): void {
  for (let at = group.length - 1; at >= 0; at -= 1) {
    const timed = group[at];
    if (timed !== undefined) visit(timed);
  }
}
