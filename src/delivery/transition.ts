/** The delivery's state after an attempt: a pure function of the delivery, the outcome and the time. */
import { HOUR_MS } from "../lib/clock.ts";
import type { DeliveryStatus } from "../storage/event-db/types.ts";
import type { DeliveryPolicy } from "../targets/delivery-policy.ts";
import type { Outcome } from "../targets/target-type.ts";
import { retryDelayMs } from "./backoff.ts";

export type NextState = Readonly<{
  status: DeliveryStatus;
  nextAttemptAt: number | null;
  reason: string | null;
}>;

type Failure = Extract<Outcome, { kind: "failed" }>;

type Attempted = Readonly<{
  /** With the counts before this attempt. */
  delivery: Readonly<{ attempts: number; attemptsAtReplay: number; dueSince: number }>;
  outcome: Outcome;
  policy: Pick<DeliveryPolicy, "maxAttempts" | "waits" | "maxAgeMs" | "noRetryStatuses">;
  now: number;
  random: number;
}>;

export function nextState(attempted: Attempted): NextState {
  const { outcome } = attempted;
  if (outcome.kind === "delivered") return { status: "delivered", nextAttemptAt: null, reason: null };
  const next = retryAtOrReason(attempted, outcome);
  if (typeof next === "number") return { status: "pending", nextAttemptAt: next, reason: null };
  return { status: "failed", nextAttemptAt: null, reason: `Gave up${next}: ${outcome.error}` };
}

/** Returns the time of the retry, or why there is none, in words that follow "Gave up". */
function retryAtOrReason({ delivery, policy, now, random }: Attempted, outcome: Failure): number | string {
  const failures = delivery.attempts + 1 - delivery.attemptsAtReplay;
  const attempts = failures === 1 ? "1 attempt" : `${failures} attempts`;
  const status = outcome.response?.statusCode;
  if (!outcome.retryable) return ", because a retry cannot succeed";
  if (status !== undefined && policy.noRetryStatuses.has(status)) {
    return `, because the target's settings say not to retry after ${status}`;
  }
  if (policy.maxAttempts !== null && failures >= policy.maxAttempts) return ` after ${attempts}`;
  const delay = retryDelayMs({ waits: policy.waits, failures, random, retryAfterMs: outcome.retryAfterMs });
  if (delay === null) return ` after ${attempts}, at the end of the retry schedule`;
  if (policy.maxAgeMs !== null && now + delay > delivery.dueSince + policy.maxAgeMs) {
    const hours = policy.maxAgeMs / HOUR_MS;
    return ` after ${attempts}, because the next one would be more than ${hours} h after the event was received or replayed`;
  }
  return now + delay;
}
