/** When to retry: a policy's waits with jitter, pure. */
import { DAY_MS } from "../lib/clock.ts";
import type { RetryWaits } from "../targets/delivery-policy.ts";

/** A target's own wish (Retry-After) is capped at this. */
const LONGEST_WISH_MS = DAY_MS;

/** The furthest ahead that a due time can lie, unless the clock was set back or the policy changed since. */
export function longestWaitMs(waits: RetryWaits): number {
  const longest = waits.strategy === "list" ? Math.max(0, ...waits.listMs) : waits.longestMs;
  return Math.max(Math.ceil(longest * (1 + waits.jitter)), LONGEST_WISH_MS);
}

/**
 * Returns milliseconds until the next attempt; null where the policy's list has ended. `failures` counts the attempts
 * made so far, from 1; `random` is in [0, 1). Never less than the target's own wish (Retry-After), capped at a day.
 */
export function retryDelayMs(options: {
  waits: RetryWaits;
  failures: number;
  random: number;
  retryAfterMs?: number | undefined;
}): number | null {
  const { waits, failures, random } = options;
  const wait = plainWaitMs(waits, failures);
  if (wait === null) return null;
  // NaN would become a due time that never comes.
  const retryAfterMs = options.retryAfterMs || 0;
  const jittered = wait * (1 + waits.jitter * (2 * random - 1));
  return Math.round(Math.max(jittered, Math.min(retryAfterMs, LONGEST_WISH_MS)));
}

/** Sum of the first `count` waits without jitter, in milliseconds. */
export function plainWaitsMs(waits: RetryWaits, count: number): number {
  let total = 0;
  let before = -1;
  for (let failures = 1; failures <= count; failures++) {
    const wait = plainWaitMs(waits, failures) ?? 0;
    // Waits that stopped growing stay the same; a policy may have a million of them.
    if (wait === before && waits.strategy !== "list") return total + wait * (count - failures + 1);
    total += wait;
    before = wait;
  }
  return total;
}

function plainWaitMs(waits: RetryWaits, failures: number): number | null {
  const { strategy, firstMs, factor, stepMs, longestMs, listMs } = waits;
  if (strategy === "list") return listMs[failures - 1] ?? null;
  const before = failures - 1;
  return Math.min(strategy === "linear" ? firstMs + stepMs * before : firstMs * factor ** before, longestMs);
}
