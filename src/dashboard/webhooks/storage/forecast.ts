/** What a webhook's growth comes to: how much a day, where it settles, and when a limit on its size will be met. */
import { DAY_MS } from "../../../lib/clock.ts";
import type { Growth } from "../../../storage/event-db/numbers/growth.ts";

/** What a file holds before its first event: 27 pages of tables and indexes. */
export const EMPTY_BYTES = 27 * 4_096;

export type Forecast = Readonly<{
  bytesPerDay: number;
  /** When as much is deleted by age as comes in. */
  settlesAtBytes: number;
  /** Null where there is no limit, or age deletes events before it is met. 0: it is met. */
  limitInDays: number | null;
}>;

export function forecast(growth: Growth, kept: { days: number; bytes: number | null }): Forecast {
  const { usedBytes, bodyBytes, events, recent } = growth;
  // Headers, deliveries and results: as much for each new event as for those that are stored.
  const perEvent = events === 0 ? 0 : Math.max(0, usedBytes - EMPTY_BYTES - bodyBytes) / events;
  const bytesPerDay = (recent.bodyBytes + recent.events * perEvent) / (recent.ms / DAY_MS);
  const settlesAtBytes = bytesPerDay * kept.days;
  return { bytesPerDay, settlesAtBytes, limitInDays: daysToLimit() };

  function daysToLimit(): number | null {
    if (kept.bytes === null) return null;
    if (usedBytes >= kept.bytes) return 0;
    return settlesAtBytes <= kept.bytes ? null : (kept.bytes - usedBytes) / bytesPerDay;
  }
}
