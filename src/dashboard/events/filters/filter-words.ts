/** Names of a filter's values. */
import type { EventFate } from "../../../storage/event-db/event-filter.ts";

/** Proposed ranges up to now. */
export const RANGES: readonly Readonly<{ value: string; label: string }>[] = [
  { value: "1h", label: "Last hour" },
  { value: "24h", label: "Last 24 hours" },
  { value: "7d", label: "Last 7 days" },
  { value: "30d", label: "Last 30 days" },
];

/** Names what a state finds: pending deliveries include those that are retrying. */
export function fateLabel(fate: EventFate): string {
  return fate === "pending" ? "pending or retrying" : fate;
}

export function rangeLabel(range: string): string {
  return RANGES.find(({ value }) => value === range)?.label ?? `Last ${range}`;
}
