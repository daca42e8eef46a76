/** Forecasts a webhook's storage: growth per day, the size at which it settles, and when its size limit is reached. */
import { DAY_MS } from "../../../lib/clock.ts";
import type { Growth } from "../../../storage/event-db/numbers/growth.ts";

/** Size of a file before its first event: 37 pages of tables and indexes. */
export const EMPTY_BYTES = 37 * 4_096;

export type Forecast = Readonly<{
  bytesPerDay: number;
  /** Size at which deletion by age keeps up with growth. */
  settlesAtBytes: number;
  /** Null if there is no limit, or if age deletes events before it is reached; 0 if it is reached. */
  limitInDays: number | null;
}>;

export function forecast(growth: Growth, kept: { days: number; bytes: number | null }): Forecast {
  const { usedBytes, bodyBytes, events, recent } = growth;
  // Headers, deliveries and results: new events are assumed to need as much as the stored ones.
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
