/** Whether a target is left in peace: a circuit breaker, pure. It opens on failures and closes when a probe succeeds. */

/** The share of failures is looked at over the last one to two of these. */
const WINDOW_MS = 30_000;
/** Of fewer tries a share says nothing. */
const LEAST_TRIES = 20;
const FIRST_PROBE_MS = 10_000;
/** An outage of hours costs a probe every five minutes, and its end is seen as soon. */
const LONGEST_PROBE_MS = 5 * 60_000;

/** Null: it does not open for that. `failureRate` is a share, above 0. */
export type CircuitPolicy = Readonly<{ failures: number | null; failureRate: number | null }>;

/**
 * What a try says of its target. "up": it works, or refuses this event alone; "down"; "unclear" where it says
 * neither, as a wish to come later does.
 */
export type Sign = "up" | "down" | "unclear";

type Tries = Readonly<{ up: number; down: number }>;

/** Times are milliseconds of monotonic time. */
export type Circuit = Readonly<
  | {
      state: "closed";
      failuresInRow: number;
      /** Null while no share is asked for. */
      window: Readonly<{ from: number; before: Tries; now: Tries }> | null;
    }
  | { state: "open"; reason: string; probes: number; nextProbeAt: number }
  /** A probe is under way. */
  | { state: "half_open"; reason: string; probes: number }
>;

export const CLOSED: Circuit = { state: "closed", failuresInRow: 0, window: null };

/** `random` is in [0, 1): probes of targets that went down together do not stay together. */
type At = Readonly<{ now: number; random: number }>;

/** A try that began while the circuit was closed has ended. One that ends later says nothing any more. */
export function afterTry(
  circuit: Circuit,
  policy: CircuitPolicy,
  given: At & Readonly<{ sign: Sign }>,
): Circuit {
  const { sign, now } = given;
  if (circuit.state !== "closed" || sign === "unclear") return circuit;
  if (sign === "up" && circuit.failuresInRow === 0 && policy.failureRate === null) return circuit;
  const failuresInRow = sign === "up" ? 0 : circuit.failuresInRow + 1;
  const window = policy.failureRate === null ? null : noted(circuit.window, sign, now);
  const reason = sign === "down" ? reasonToOpen({ failuresInRow, window, policy }) : null;
  if (reason === null) return { state: "closed", failuresInRow, window };
  return { state: "open", reason, probes: 0, nextProbeAt: now + probeWaitMs(0, given.random) };
}

function reasonToOpen(given: {
  failuresInRow: number;
  window: { before: Tries; now: Tries } | null;
  policy: CircuitPolicy;
}): string | null {
  const { failuresInRow, window, policy } = given;
  if (policy.failures !== null && failuresInRow >= policy.failures) {
    return failuresInRow === 1 ? "A try failed." : `${failuresInRow} tries in a row failed.`;
  }
  if (policy.failureRate === null || window === null) return null;
  const down = window.before.down + window.now.down;
  const all = down + window.before.up + window.now.up;
  if (all < LEAST_TRIES || down / all < policy.failureRate) return null;
  return `${down} of the last ${all} tries failed.`;
}

const NO_TRIES: Tries = { up: 0, down: 0 };

function noted(known: { from: number; before: Tries; now: Tries } | null, sign: "up" | "down", at: number) {
  const age = known === null ? Number.POSITIVE_INFINITY : at - known.from;
  const kept = known !== null && age < WINDOW_MS ? known : null;
  const before = kept?.before ?? (known !== null && age < 2 * WINDOW_MS ? known.now : NO_TRIES);
  const now = kept?.now ?? NO_TRIES;
  return { from: kept?.from ?? at, before, now: { ...now, [sign]: now[sign] + 1 } };
}

/** Milliseconds until a try may begin: 0 for at once, null while a probe is under way. */
export function waitForTry(circuit: Circuit, now: number): number | null {
  if (circuit.state === "closed") return 0;
  return circuit.state === "half_open" ? null : Math.max(0, Math.ceil(circuit.nextProbeAt - now));
}

/** Of an open circuit. */
export function beginProbe(circuit: Circuit): Circuit {
  if (circuit.state !== "open") return circuit;
  return { state: "half_open", reason: circuit.reason, probes: circuit.probes + 1 };
}

/** The probe has ended; one without a clear sign is repeated as though it had not been. */
export function afterProbe(circuit: Circuit, given: At & Readonly<{ sign: Sign }>): Circuit {
  if (circuit.state !== "half_open") return circuit;
  if (given.sign === "up") return CLOSED;
  const { reason } = circuit;
  const probes = given.sign === "down" ? circuit.probes : circuit.probes - 1;
  return { state: "open", reason, probes, nextProbeAt: given.now + probeWaitMs(probes, given.random) };
}

/** An earlier run of the program left it open. */
export function reopened(reason: string, { now, random }: At): Circuit {
  return { state: "open", reason, probes: 0, nextProbeAt: now + FIRST_PROBE_MS * random };
}

function probeWaitMs(probes: number, random: number): number {
  const wait = Math.min(FIRST_PROBE_MS * 2 ** probes, LONGEST_PROBE_MS);
  return Math.round(wait * (0.9 + 0.2 * random));
}
