/** Reads a target's Retry-After header as a delay. */
import { parseHttpDate } from "../lib/http-date.ts";
import type { HeaderList } from "./target-type.ts";

/** Upper limit: a target may ask for a pause, not for its deliveries to be forgotten. */
const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

/** Retry-After means a delay with these statuses only: RFC 9110 10.2.3 and RFC 6585 4. */
const STATUSES = new Set([429, 503]);

/** Returns milliseconds from `now`, at most 24 hours; null without a usable value. */
export function retryAfterMs(options: {
  statusCode: number;
  headers: HeaderList;
  now: number;
}): number | null {
  if (!STATUSES.has(options.statusCode)) return null;
  const value = options.headers.find(([name]) => name.toLowerCase() === "retry-after")?.[1].trim();
  if (value === undefined || value === "") return null;
  if (/^\d+(\.\d+)?$/.test(value)) return Math.min(Math.ceil(Number(value) * 1000), MAX_RETRY_AFTER_MS);
  const at = parseHttpDate(value, options.now);
  return at === null ? null : Math.min(Math.max(at - options.now, 0), MAX_RETRY_AFTER_MS);
}
