/** Whether a signed time is near enough to now, so that a request that was overheard cannot be sent again later. */
import { ACCEPTED, refused, type Verdict } from "./provider.ts";

/**
 * From these on a number can only be milliseconds, microseconds and nanoseconds: as seconds, milliseconds and
 * microseconds it would be the year 5138.
 */
const FIRST_MILLISECONDS = 1e11;
const FIRST_MICROSECONDS = 1e14;
const FIRST_NANOSECONDS = 1e17;

const NUMBER = /^\d{1,19}(?:\.\d{1,9})?$/;
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;

/** Seconds or finer, by their size, or RFC 3339, as milliseconds UTC; null where it is none of them. */
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

/** `timestamp` is the text that was signed; null where there is none. */
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
