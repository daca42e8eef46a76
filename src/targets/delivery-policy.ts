/** How often and how long a target's deliveries are tried, as the API takes it and as the engine reads it. */
import { z } from "zod";

/** Twelve tries spread over about three days by the engine's backoff. */
const DEFAULT_MAX_ATTEMPTS = 12;
const DEFAULT_TIMEOUT_MS = 30_000;

/** These stand beside `config` in the API's target, not inside it. */
export const deliveryPolicyShape = {
  max_attempts: z
    .int()
    .min(1)
    .max(1_000_000)
    .nullable()
    .default(DEFAULT_MAX_ATTEMPTS)
    .describe("Tries before a delivery is given up; 1 means no retry, null means no limit."),
  timeout_ms: z
    .int()
    .min(1_000)
    .max(120_000)
    .default(DEFAULT_TIMEOUT_MS)
    .describe("Limit of one try, in milliseconds."),
};

export const deliveryPolicySchema = z.strictObject(deliveryPolicyShape);

export type DeliveryPolicy = Readonly<{ maxAttempts: number | null; timeoutMs: number }>;

/** Throws a ZodError on a policy that was not written by this schema. */
export function parseDeliveryPolicy(json: unknown): DeliveryPolicy {
  const policy = deliveryPolicySchema.parse(json);
  return { maxAttempts: policy.max_attempts, timeoutMs: policy.timeout_ms };
}
