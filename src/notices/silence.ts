/** Tells when an entrypoint is silent against its usual rhythm: the same hours of the weeks before were busy. Pure. */
import { HOUR_MS } from "../lib/clock.ts";
import type { Rhythm } from "../storage/event-db/numbers/rhythm.ts";

const WEEK_MS = 7 * 24 * HOUR_MS;
const MOST_WEEKS = 4;
/** Busy hours that each compared week must have in the time of the silence: one may be a sender's slip. */
const BUSY_HOURS = 2;
/** With a single week to compare with, chance weighs more. */
const BUSY_HOURS_OF_ONE_WEEK = 3;

/**
 * Null where the silence is usual, or the history shorter than a week. Nights, weekends and daily or weekly batches
 * are quiet in the weeks before too, and so are no trouble; a sender that comes once a day is missed after two days.
 * `listeningSince`: before it nothing could be received, which is no silence of the sender's.
 */
export function describeSilence(
  { lastEventAt, hours }: Rhythm,
  { now, listeningSince }: { now: number; listeningSince: number },
): string | null {
  const [first] = hours;
  if (first === undefined) return null;
  const weeks = Math.min(MOST_WEEKS, Math.floor((lastEventAt - first) / WEEK_MS));
  if (weeks < 1) return null;
  // Whole hours alone: the first and the present one may be half as busy.
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

/** Of the first hour that is not before `at`; by halves, as there are hundreds for each of thousands. */
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
