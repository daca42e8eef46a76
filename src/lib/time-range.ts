/** Parses ranges of time up to now, such as "30d". */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "./clock.ts";

const RANGE = /^([1-9]\d{0,4})([mhd])$/;
const UNITS = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS } as const;

/** Milliseconds of "15m", "24h" or "30d"; null for anything else. */
export function parseRange(text: string): number | null {
  const [, count = "", unit] = RANGE.exec(text) ?? [];
  return unit === "m" || unit === "h" || unit === "d" ? Number(count) * UNITS[unit] : null;
}
