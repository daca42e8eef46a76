/** Detects that an entrypoint is silent against its usual rhythm: the same hours of previous weeks were busy. Pure. */
import { HOUR_MS } from "../lib/clock.ts";
import type { Rhythm } from "../storage/event-db/numbers/rhythm.ts";

const WEEK_MS = 7 * 24 * HOUR_MS;
const MOST_WEEKS = 4;
/** Busy hours that each compared week must have during the silence; a single one may be a sender's slip. */
const BUSY_HOURS = 2;
/** With a single week to compare with, chance weighs more. */
const BUSY_HOURS_OF_ONE_WEEK = 3;

/**
 * Returns null if the silence is usual or the history is shorter than a week. Nights, weekends and daily or weekly
 * batches were quiet in previous weeks too, so they are no problem; a sender that sends once a day is reported after
 * two days. Time before `listeningSince` does not count, because nothing could be received then.
 */
export function describeSilence(
  { lastEventAt, hours }: Rhythm,
  { now, listeningSince }: { now: number; listeningSince: number },
): string | null {
  const [first] = hours;
  if (first === undefined) return null;
  const weeks = Math.min(MOST_WEEKS, Math.floor((lastEventAt - first) / WEEK_MS));
  if (weeks < 1) return null;
  // Only whole hours: the first and the current one may be half as busy.
  const from = hourOf(Math.max(lastEventAt, listeningSince)) + HOUR_MS;
  const to = hourOf(now);
  const needed = weeks === 1 ? BUSY_HOURS_OF_ONE_WEEK : BUSY_HOURS;
  if (to - from < needed * HOUR_MS) return null;
  for (let week = 1; week <= weeks; week++) {
    const shift = week * WEEK_MS;
    const busy = indexOfFirst(hours, to - shift) - indexOfFirst(hours, from - shift);
    if (busy < needed) return null;
  }
  const compared = weeks === 1 ? "a week ago" : `in each of the last ${weeks} weeks`;
  return `No event since ${new Date(lastEventAt).toISOString()}. Events arrived at this time of day ${compared}.`;
}

/**
 * Returns the index of the first hour not before `at`. Binary search, as there are hundreds of hours for each of
 * thousands of entrypoints.
 */
function indexOfFirst(hours: readonly number[], at: number): number {
  let low = 0;
  let high = hours.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((hours[middle] ?? at) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function hourOf(at: number): number {
  return at - (at % HOUR_MS);
}
