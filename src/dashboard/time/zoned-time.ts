/** Parses and formats the times of form fields, which have no time zone of their own. */
import { MINUTE_MS } from "../../lib/clock.ts";

const LOCAL = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(:\d{2})?$/;
/** Zones of readers whose formatter is kept: making one takes as long as fifty uses. */
const MOST_KEPT = 100;

const formatters = new Map<string, Intl.DateTimeFormat>();

export function isTimeZone(name: string): boolean {
  try {
    formatterOf(name);
    return true;
  } catch {
    return false;
  }
}

/** Parses a local time in `zone`, such as "2026-11-23T20:00"; null for anything else. */
export function parseLocalTime(text: string, zone: string): number | null {
  const asUtc = LOCAL.test(text) ? Date.parse(`${text}Z`) : Number.NaN;
  return Number.isNaN(asUtc) ? null : fromLocal(asUtc, zone);
}

/** Formats a time in `zone` for a `datetime-local` field. */
export function formatLocalTime(at: number, zone: string): string {
  const text = new Date(at + offsetAt(at, zone)).toISOString();
  return at % MINUTE_MS === 0 ? text.slice(0, 16) : text.slice(0, 19);
}

/** Returns the time at which the zone's clocks show what a clock in UTC shows at `asUtc`. */
export function fromLocal(asUtc: number, zone: string): number {
  // The offset of the result itself counts; a clock change may lie in between.
  const near = asUtc - offsetAt(asUtc, zone);
  return asUtc - offsetAt(near, zone);
}

/** Returns by how much the zone's clocks are ahead of UTC, in milliseconds. */
export function offsetAt(at: number, timeZone: string): number {
  if (timeZone === "UTC") return 0;
  const parts = new Map(
    formatterOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  const local = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return local - Math.floor(at / 1_000) * 1_000;
}

/** Throws a RangeError for a name that is none of a time zone. */
function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  if (formatters.size >= MOST_KEPT) formatters.clear();
  formatters.set(timeZone, made);
  return made;
}
