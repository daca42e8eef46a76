/** Whether a signed time is near enough to now, so that a request that was overheard cannot be sent again later. */
import { ACCEPTED, refused, type Verdict } from "./provider.ts";

/** From this on a number can only be milliseconds: as seconds it would be the year 5138. */
const FIRST_MILLISECONDS = 100_000_000_000;

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;

/** Seconds, milliseconds or RFC 3339, as milliseconds UTC; null where it is none of them. */
export function parseTimestamp(text: string): number | null {
  if (/^\d{1,15}$/.test(text)) {
    const number = Number(text);
    return number >= FIRST_MILLISECONDS ? number : number * 1_000;
  }
  const time = RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** `timestamp` is the text that was signed; null where there is none. */
export function judgeFreshness(options: {
  timestamp: string | null;
  receivedAt: number;
  toleranceSeconds: number;
}): Verdict {
  const { receivedAt, toleranceSeconds } = options;
  const time = parseTimestamp(options.timestamp ?? "");
  if (time === null) return refused("The signed time is missing, or is not in its form.");
  const age = (receivedAt - time) / 1_000;
  if (Math.abs(age) <= toleranceSeconds) return ACCEPTED;
  const away = `${Math.round(Math.abs(age))} s ${age > 0 ? "old" : "in the future"}`;
  return refused(
    `The signed time is ${away}, which is more than the ${toleranceSeconds} s that are allowed. Are the clocks right?`,
  );
}
