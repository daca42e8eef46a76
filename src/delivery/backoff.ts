/** When to try again: exponential backoff with jitter, pure. */

/** The first retry comes within seconds: most failures are restarts and deployments. */
const FIRST_DELAY_MS = 5_000;
/** With this factor twelve tries spread over about 70 hours, as Standard Webhooks advises (about 75 h). */
const FACTOR = 3.2;
const LONGEST_DELAY_MS = 24 * 3_600_000;
/** Share by which a delay varies either way, so that retries of one outage do not come back together. */
const JITTER = 0.15;

/** No due time lies further ahead than this, unless the clock was set back after it was written. */
export const MAX_WAIT_MS = Math.ceil(LONGEST_DELAY_MS * (1 + JITTER));

/**
 * Milliseconds until the next try. `failures` counts the tries made so far, from 1; `random` is in [0, 1).
 * A target's own wish (Retry-After) is never undercut, and capped at a day.
 */
export function retryDelayMs(options: {
  failures: number;
  random: number;
  retryAfterMs?: number | undefined;
}): number {
  const { failures, random } = options;
  // NaN would become a due time that never comes.
  const retryAfterMs = options.retryAfterMs || 0;
  const exponential = Math.min(FIRST_DELAY_MS * FACTOR ** (failures - 1), LONGEST_DELAY_MS);
  const jittered = exponential * (1 + JITTER * (2 * random - 1));
  return Math.round(Math.max(jittered, Math.min(retryAfterMs, LONGEST_DELAY_MS)));
}
