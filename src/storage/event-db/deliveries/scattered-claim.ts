/** Finds due deliveries anywhere in the due order, for a failing target: the oldest ones alone might go on failing. */
import type { RecentEvents } from "../../stores/recent-events.ts";
import type { EventFile } from "../event-file.ts";
import type { DueDelivery } from "../types.ts";
import type { DueRow } from "./delivery-statements.ts";
import { type Claim, claimAmong, claimDue, eventFinder } from "./due-deliveries.ts";

/** Rows read at each position, beside those in flight. */
const LOOK = 64;

export type ClaimFrom = "newest" | "oldest" | "between";

export type ScatteredClaim = Claim &
  Readonly<{
    from: ClaimFrom;
    /** True if an attempt of this event has failed; such an event is taken only if there is no other. */
    isRefused: (eventId: string) => boolean;
    /** In [0, 1): the position of "between". */
    random: number;
  }>;

/** Claims deliveries in this order: never attempted and not refused, not refused, any. */
export function claimScattered(
  file: EventFile,
  claim: ScatteredClaim,
  recent: RecentEvents,
): readonly DueDelivery[] {
  const { targetId, now, inFlight, from, isRefused } = claim;
  const { due, latestDue } = file.deliveries;
  const most = LOOK + claim.limit + inFlight.size;
  const oldest = due.all(targetId, -1, now, most);
  const newest = latestDue.all(targetId, -1, now, most);
  const ends = from === "newest" ? [...newest, ...oldest] : [...oldest, ...newest];
  const rows = from === "between" ? [...rowsBetween(), ...ends] : ends;

  function rowsBetween(): DueRow[] {
    const first = oldest[0]?.due_at ?? now;
    const last = newest[0]?.due_at ?? now;
    return due.all(targetId, first + Math.floor((last - first) * claim.random) - 1, now, most);
  }

  const rankOf = (row: DueRow) =>
    isRefused(row.event_id) ? 2 : row.attempts > row.attempts_at_replay ? 1 : 0;
  const byEvent = new Map(rows.map((row) => [row.event_id, row]));
  const ranked = [...byEvent.values()].sort((one, other) => rankOf(one) - rankOf(other));
  const claimed = claimAmong(ranked, claim, eventFinder(file, recent));
  // The ordinary claim finds deliveries stored under another clock.
  return claimed.length > 0 ? claimed : claimDue(file, claim, recent);
}
