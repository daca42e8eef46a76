/** Checks that a signed timestamp is close to now, so that an intercepted request cannot be replayed later. */
import { parseHttpDate } from "../lib/http-date.ts";
import { ACCEPTED, refused, type Verdict } from "./provider.ts";

/**
 * Thresholds from which a number must be in milliseconds, microseconds or nanoseconds: in the coarser unit it would
 * mean the year 5138.
 */
const FIRST_MILLISECONDS = 1e11;
const FIRST_MICROSECONDS = 1e14;
const FIRST_NANOSECONDS = 1e17;

const NUMBER = /^\d{1,19}(?:\.\d{1,9})?$/;
/** The forms of ISO 8601 that senders use. Orb names no zone and means UTC, as Python's `utcnow().isoformat()` does. */
const ISO_8601 = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)(?: ?(?:Z|UTC|GMT|([+-]\d\d):?(\d\d)))?$/i;

/**
 * Parses a Unix time in seconds or finer (detected by size), an ISO 8601 time or a date of HTTP into milliseconds UTC;
 * null for anything else. `now` resolves two-digit years.
 */
export function parseTimestamp(text: string, now: number): number | null {
  if (NUMBER.test(text)) return Math.round(toMilliseconds(Number(text)));
  const [, day, clock, hours, minutes] = ISO_8601.exec(text) ?? [];
  if (day === undefined) return parseHttpDate(text, now);
  const time = Date.parse(`${day}T${clock}${hours === undefined ? "Z" : `${hours}:${minutes}`}`);
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
  const time = parseTimestamp(options.timestamp ?? "", receivedAt);
  if (time === null) return refused("The signed timestamp is missing or malformed.");
  const age = (receivedAt - time) / 1_000;
  if (Math.abs(age) <= toleranceSeconds) return ACCEPTED;
  const away = `${Math.round(Math.abs(age))} s ${age > 0 ? "old" : "in the future"}`;
  return refused(
    `The signed timestamp is ${away}; the limit is ${toleranceSeconds} s. Check the clocks of the sender and this server.`,
  );
}
