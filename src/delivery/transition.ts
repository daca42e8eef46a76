/** What comes after a try: a pure function of the delivery, its outcome and the time. */
import type { DeliveryStatus } from "../storage/event-db/types.ts";
import type { DeliveryPolicy } from "../targets/delivery-policy.ts";
import type { Outcome } from "../targets/target-type.ts";
import { retryDelayMs } from "./backoff.ts";

export type NextState = Readonly<{
  status: DeliveryStatus;
  nextAttemptAt: number | null;
  reason: string | null;
}>;

export function nextState(options: {
  /** Counts before this try. */
  delivery: Readonly<{ attempts: number; attemptsAtReplay: number }>;
  outcome: Outcome;
  policy: Pick<DeliveryPolicy, "maxAttempts">;
  now: number;
  random: number;
}): NextState {
  const { delivery, outcome, policy, now, random } = options;
  if (outcome.kind === "delivered") return { status: "delivered", nextAttemptAt: null, reason: null };

  const failures = delivery.attempts + 1 - delivery.attemptsAtReplay;
  if (!outcome.retryable) {
    return {
      status: "failed",
      nextAttemptAt: null,
      reason: `Given up, as another try cannot help: ${outcome.error}`,
    };
  }
  if (policy.maxAttempts !== null && failures >= policy.maxAttempts) {
    const tries = failures === 1 ? "1 try" : `${failures} tries`;
    return { status: "failed", nextAttemptAt: null, reason: `Given up after ${tries}: ${outcome.error}` };
  }
  const delay = retryDelayMs({ failures, random, retryAfterMs: outcome.retryAfterMs });
  return { status: "pending", nextAttemptAt: now + delay, reason: null };
}
