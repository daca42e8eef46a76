/** Reads and writes the times of form fields, which know no zone of their own. */
import { MINUTE_MS } from "../../lib/clock.ts";

const LOCAL = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(:\d{2})?$/;

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** "2026-11-23T20:00" as a clock in `zone` shows it; null where it is no such time. */
export function parseLocalTime(text: string, zone: string): number | null {
  const asUtc = LOCAL.test(text) ? Date.parse(`${text}Z`) : Number.NaN;
  if (Number.isNaN(asUtc)) return null;
  // The offset that counts is that of the time itself, which may lie on the other side of a clock change.
  const near = asUtc - offsetAt(asUtc, zone);
  return asUtc - offsetAt(near, zone);
}

/** What a `datetime-local` field shows in `zone`. */
export function formatLocalTime(at: number, zone: string): string {
  const text = new Date(at + offsetAt(at, zone)).toISOString();
  return at % MINUTE_MS === 0 ? text.slice(0, 16) : text.slice(0, 19);
}

/** How far the zone's clocks are ahead of UTC. */
function offsetAt(at: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat("en", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
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
