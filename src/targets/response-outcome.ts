/** Judges an attempt by its HTTP response: 2xx is a success, and 429 and 503 may ask for a rest. */
import { retryAfterMs } from "./retry-after.ts";
import type { Outcome, TargetResponse } from "./target-type.ts";

/** `now` is wall-clock time. */
export function outcomeOf(response: TargetResponse, now: number): Outcome {
  const { statusCode } = response;
  if (statusCode >= 200 && statusCode < 300) return { kind: "delivered", response };
  return failedBy(response, now, `HTTP ${statusCode}`);
}

export function failedBy(response: TargetResponse, now: number, error: string): Outcome {
  const { statusCode, headers } = response;
  const wait = retryAfterMs({ statusCode, headers, now });
  const requested = wait === null ? {} : { retryAfterMs: wait };
  return { kind: "failed", retryable: true, error, response, ...requested };
}
