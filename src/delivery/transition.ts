/** The delivery's state after an attempt: a pure function of the delivery, the outcome and the time. */
import { HOUR_MS } from "../lib/clock.ts";
import type { DeliveryStatus } from "../storage/event-db/types.ts";
import type { DeliveryPolicy } from "../targets/delivery-policy.ts";
import type { AttemptOutcome } from "./attempts/transform-first.ts";
import { retryDelayMs } from "./backoff.ts";

export type NextState = Readonly<{
  status: DeliveryStatus;
  nextAttemptAt: number | null;
  reason: string | null;
}>;

type Failure = Extract<AttemptOutcome, { kind: "failed" | "unready" }>;

type Attempted = Readonly<{
  /** With the counts before this attempt. */
  delivery: Readonly<{ attempts: number; attemptsAtReplay: number; dueSince: number }>;
  outcome: AttemptOutcome;
  policy: Pick<DeliveryPolicy, "maxAttempts" | "waits" | "maxAgeMs" | "noRetryStatuses">;
  now: number;
  random: number;
}>;

/** Where a transformation did not run, the next attempt waits as after any failure. */
const UNREADY = { response: null, retryable: true, retryAfterMs: undefined };

export function nextState(attempted: Attempted): NextState {
  const { outcome } = attempted;
  if (outcome.kind === "delivered") return { status: "delivered", nextAttemptAt: null, reason: null };
  if (outcome.kind === "dropped") return { status: "discarded", nextAttemptAt: null, reason: outcome.reason };
  if (outcome.kind === "untransformed") {
    return { status: "failed", nextAttemptAt: null, reason: outcome.reason };
  }
  const next = retryAtOrReason(attempted, outcome);
  if (typeof next === "number") return { status: "pending", nextAttemptAt: next, reason: null };
  return { status: "failed", nextAttemptAt: null, reason: `Gave up${next}: ${outcome.error}` };
}

/** Returns the time of the retry, or why there is none, in words that follow "Gave up". */
function retryAtOrReason({ delivery, policy, now, random }: Attempted, outcome: Failure): number | string {
  const failures = delivery.attempts + 1 - delivery.attemptsAtReplay;
  const attempts = failures === 1 ? "1 attempt" : `${failures} attempts`;
  const { response, retryable, retryAfterMs } = outcome.kind === "failed" ? outcome : UNREADY;
  const status = response?.statusCode;
  if (!retryable) return ", because a retry cannot succeed";
  if (status !== undefined && policy.noRetryStatuses.has(status)) {
    return `, because the target's settings say not to retry after ${status}`;
  }
  if (policy.maxAttempts !== null && failures >= policy.maxAttempts) return ` after ${attempts}`;
  const delay = retryDelayMs({ waits: policy.waits, failures, random, retryAfterMs });
  if (delay === null) return ` after ${attempts}, at the end of the retry schedule`;
  if (policy.maxAgeMs !== null && now + delay > delivery.dueSince + policy.maxAgeMs) {
    const hours = policy.maxAgeMs / HOUR_MS;
    return ` after ${attempts}, because the next one would be more than ${hours} h after the event was received or replayed`;
  }
  return now + delay;
}
