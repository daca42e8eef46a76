/** Checks that a signed timestamp is close to now, so that an intercepted request cannot be replayed later. */
import { ACCEPTED, refused, type Verdict } from "./provider.ts";

/**
 * Thresholds from which a number must be in milliseconds, microseconds or nanoseconds: in the coarser unit it would
 * mean the year 5138.
 */
const FIRST_MILLISECONDS = 1e11;
const FIRST_MICROSECONDS = 1e14;
const FIRST_NANOSECONDS = 1e17;

const NUMBER = /^\d{1,19}(?:\.\d{1,9})?$/;
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;

/**
 * Parses a Unix time in seconds or finer (detected by size) or an RFC 3339 time into milliseconds UTC; null for
 * anything else.
 */
export function parseTimestamp(text: string): number | null {
  if (NUMBER.test(text)) return Math.round(toMilliseconds(Number(text)));
  const time = RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

function toMilliseconds(number: number): number {
  if (number < FIRST_MILLISECONDS) return number * 1_000;
  if (number < FIRST_MICROSECONDS) return number;
  return number < FIRST_NANOSECONDS ? number / 1_000 : number / 1_000_000;
}

/** `timestamp` is the signed text; null if there is none. */
export function judgeFreshness(options: {
  timestamp: string | null;
  receivedAt: number;
  toleranceSeconds: number;
}): Verdict {
  const { receivedAt, toleranceSeconds } = options;
  const time = parseTimestamp(options.timestamp ?? "");
  if (time === null) return refused("The signed timestamp is missing or malformed.");
  const age = (receivedAt - time) / 1_000;
  if (Math.abs(age) <= toleranceSeconds) return ACCEPTED;
  const away = `${Math.round(Math.abs(age))} s ${age > 0 ? "old" : "in the future"}`;
  return refused(
    `The signed timestamp is ${away}; the limit is ${toleranceSeconds} s. Check the clocks of the sender and this server.`,
  );
}
