/** A circuit breaker, pure: opens on failures, so that a target is left alone, and closes when a probe succeeds. */

/** The failure rate counts the last one to two of these windows. */
const WINDOW_MS = 30_000;
/** A failure rate says nothing of fewer attempts. */
const LEAST_ATTEMPTS = 20;
const FIRST_PROBE_MS = 10_000;
/** The first wait where the target responded to all that failed: the events themselves may be at fault. */
const QUICK_PROBE_MS = 1_000;
/** An outage of hours costs one probe every five minutes, and its end is noticed as soon. */
const LONGEST_PROBE_MS = 5 * 60_000;

/** Failures in a row with a response are told apart by event up to this number; beyond it each counts. */
const MOST_TOLD_APART = 64;

/** Limits that open the circuit; null: it does not open for that. `failureRate` is a share above 0. */
export type CircuitPolicy = Readonly<{ failures: number | null; failureRate: number | null }>;

/**
 * Verdict of an attempt on its target. "up": it works, or refuses this event alone. "down": it does not work.
 * "unclear": neither, as when it asks for a retry later.
 */
export type Sign = "up" | "down" | "unclear";

type Counts = Readonly<{ up: number; down: number }>;

/** Why a circuit is open, how many of its probes have failed, and how long the first of them had to wait. */
type Opened = Readonly<{ reason: string; by: "row" | "share"; probes: number; firstProbeMs: number }>;

/** Times are milliseconds of monotonic time. */
export type Circuit = Readonly<
  | {
      state: "closed";
      failuresInRow: number;
      /** The events of those failures that had a response: each event counts once. */
      failedEvents: readonly string[];
      /** Null where the policy sets no failure rate. */
      window: Readonly<{ from: number; before: Counts; now: Counts }> | null;
    }
  | ({ state: "open"; nextProbeAt: number } & Opened)
  /** A probe is under way. */
  | ({ state: "half_open" } & Opened)
>;

export const CLOSED: Circuit = { state: "closed", failuresInRow: 0, failedEvents: [], window: null };

/** `random`, in [0, 1), spreads the probes of targets that went down together. */
type At = Readonly<{ now: number; random: number }>;

export type AttemptSign = At &
  Readonly<{
    sign: Sign;
    /** The event that failed, where the target responded. A failure without a response is always the target's. */
    failedEvent?: string | undefined;
  }>;

/** Returns the circuit after an attempt that is no probe. An open one changes only by a success: see `afterSuccess`. */
export function afterAttempt(circuit: Circuit, policy: CircuitPolicy, given: AttemptSign): Circuit {
  const { sign, now, failedEvent } = given;
  if (circuit.state !== "closed" || sign === "unclear") return circuit;
  if (sign === "up" && circuit.failuresInRow === 0 && policy.failureRate === null) return circuit;
  const failedEvents = sign === "up" ? [] : withEvent(circuit.failedEvents, failedEvent);
  const isRepeated = failedEvent !== undefined && circuit.failedEvents.includes(failedEvent);
  const failuresInRow = sign === "up" ? 0 : circuit.failuresInRow + (isRepeated ? 0 : 1);
  const window = policy.failureRate === null ? null : noted(circuit.window, sign, now);
  const opening = sign === "down" ? reasonToOpen({ failuresInRow, window, policy }) : null;
  if (opening === null) return { state: "closed", failuresInRow, failedEvents, window };
  const firstProbeMs = failedEvents.length === failuresInRow ? QUICK_PROBE_MS : FIRST_PROBE_MS;
  const nextProbeAt = now + probeWaitMs({ probes: 0, firstProbeMs }, given.random);
  return { state: "open", ...opening, probes: 0, firstProbeMs, nextProbeAt };
}

function withEvent(events: readonly string[], eventId: string | undefined): readonly string[] {
  if (eventId === undefined || events.length >= MOST_TOLD_APART || events.includes(eventId)) return events;
  return [...events, eventId];
}

/**
 * Returns the circuit after a success of an attempt that began before the circuit opened: the failures were not all in
 * a row. One success does not change a failure rate.
 */
export function afterSuccess(circuit: Circuit): Circuit {
  return circuit.state !== "closed" && circuit.by === "row" ? CLOSED : circuit;
}

function reasonToOpen(given: {
  failuresInRow: number;
  window: { before: Counts; now: Counts } | null;
  policy: CircuitPolicy;
}): Pick<Opened, "reason" | "by"> | null {
  const { failuresInRow, window, policy } = given;
  if (policy.failures !== null && failuresInRow >= policy.failures) {
    const reason =
      failuresInRow === 1 ? "An attempt failed." : `${failuresInRow} consecutive attempts failed.`;
    return { reason, by: "row" };
  }
  if (policy.failureRate === null || window === null) return null;
  const down = window.before.down + window.now.down;
  const all = down + window.before.up + window.now.up;
  if (all < LEAST_ATTEMPTS || down / all < policy.failureRate) return null;
  return { reason: `${down} of the last ${all} attempts failed.`, by: "share" };
}

const NO_COUNTS: Counts = { up: 0, down: 0 };

function noted(known: { from: number; before: Counts; now: Counts } | null, sign: "up" | "down", at: number) {
  const age = known === null ? Number.POSITIVE_INFINITY : at - known.from;
  const kept = known !== null && age < WINDOW_MS ? known : null;
  const before = kept?.before ?? (known !== null && age < 2 * WINDOW_MS ? known.now : NO_COUNTS);
  const now = kept?.now ?? NO_COUNTS;
  return { from: kept?.from ?? at, before, now: { ...now, [sign]: now[sign] + 1 } };
}

/** Milliseconds until an attempt may begin: 0 for at once, null while a probe is under way. */
export function waitForCircuit(circuit: Circuit, now: number): number | null {
  if (circuit.state === "closed") return 0;
  return circuit.state === "half_open" ? null : Math.max(0, Math.ceil(circuit.nextProbeAt - now));
}

/** Returns the circuit with a probe under way; unchanged where it is not open. */
export function beginProbe(circuit: Circuit): Circuit {
  if (circuit.state !== "open") return circuit;
  const { reason, by, probes, firstProbeMs } = circuit;
  return { state: "half_open", reason, by, firstProbeMs, probes: probes + 1 };
}

/** Returns the circuit after a probe. One without a clear sign is repeated as if it had not been made. */
export function afterProbe(circuit: Circuit, given: At & Readonly<{ sign: Sign }>): Circuit {
  if (circuit.state !== "half_open") return circuit;
  if (given.sign === "up") return CLOSED;
  const { reason, by, firstProbeMs } = circuit;
  const probes = given.sign === "down" ? circuit.probes : circuit.probes - 1;
  const nextProbeAt = given.now + probeWaitMs({ probes, firstProbeMs }, given.random);
  return { state: "open", reason, by, firstProbeMs, probes, nextProbeAt };
}

/** Returns a circuit that an earlier run of the program left open. */
export function reopened(reason: string, { now, random }: At): Circuit {
  const nextProbeAt = now + FIRST_PROBE_MS * random;
  return { state: "open", reason, by: "row", probes: 0, firstProbeMs: FIRST_PROBE_MS, nextProbeAt };
}

function probeWaitMs(
  { probes, firstProbeMs }: Pick<Opened, "probes" | "firstProbeMs">,
  random: number,
): number {
  const wait = Math.min(firstProbeMs * 2 ** probes, LONGEST_PROBE_MS);
  return Math.round(wait * (0.9 + 0.2 * random));
}
