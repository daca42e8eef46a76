/** Delivery policy of a target (attempts, timeout, retries, flow), as the API accepts it and as the engine reads it. */
import { z } from "zod";
import { HOUR_MS } from "../lib/clock.ts";
import { type FormField, inSection } from "../settings/form-field.ts";
import { mergeGiven } from "../settings/setting-shapes.ts";
import { filterPolicyShape } from "./filter-policy.ts";
import { retryPolicyFields, retryPolicyShape } from "./retry-policy.ts";
import { statusesOf } from "./retry-statuses.ts";
import {
  type ThrottlePolicy,
  throttlePolicyFields,
  throttlePolicyShape,
  toThrottlePolicy,
} from "./throttle-policy.ts";

/** Twelve attempts, spread over about three days by the default delays. */
const DEFAULT_MAX_ATTEMPTS = 12;
const DEFAULT_TIMEOUT_MS = 30_000;

/** Fields beside `config` in the API's target, not inside it. */
export const deliveryPolicyShape = {
  max_attempts: z
    .int()
    .min(1)
    .max(1_000_000)
    .nullable()
    .describe("Maximum attempts before a delivery is given up. 1: no retry; null: no limit.")
    .default(DEFAULT_MAX_ATTEMPTS),
  timeout_ms: z
    .int()
    .min(1_000)
    .max(120_000)
    .describe("Timeout of one attempt, in milliseconds.")
    .default(DEFAULT_TIMEOUT_MS),
  ...retryPolicyShape,
  ...throttlePolicyShape,
  ...filterPolicyShape,
};

export const deliveryPolicySchema = z.strictObject(deliveryPolicyShape).superRefine((policy, context) => {
  if (policy.retry_strategy !== "list" || policy.retry_delays_seconds.length > 0) return;
  const message =
    "must contain at least one delay, because retry_strategy is list; to disable retries set max_attempts to 1";
  context.addIssue({ code: "custom", path: ["retry_delays_seconds"], message });
});

const retryFields: readonly FormField[] = [
  {
    name: "max_attempts",
    nullable: true,
    label: "Max attempts",
    kind: "number",
    placeholder: "no limit",
    help: "1 means no retry. Leave empty for no limit. With the default retry schedule, 12 attempts take about three days.",
  },
  {
    name: "timeout_ms",
    label: "Attempt timeout (ms)",
    kind: "number",
    placeholder: String(DEFAULT_TIMEOUT_MS),
    help: "From 1000 to 120000.",
  },
  ...retryPolicyFields,
];

/** Form fields of the policy without the filter, the same for every target type that makes attempts. */
export const deliveryPolicyFields: readonly FormField[] = [
  ...inSection("Retries and timeout", retryFields),
  ...inSection("Flow", throttlePolicyFields),
];

/** Policy as the API, the forms and the database represent it. */
export type StoredDeliveryPolicy = z.output<typeof deliveryPolicySchema>;

/**
 * Merges the policy fields of `sent` into what is stored, or into the defaults. The result is not validated as a whole
 * yet.
 */
export function mergePolicy(
  sent: Readonly<Record<string, unknown>>,
  stored: unknown = {},
): Record<string, unknown> {
  return mergeGiven({ shape: deliveryPolicyShape, given: sent, stored: readPolicy(stored) });
}

/**
 * Completes a stored policy, or nothing, with the defaults. Throws a ZodError on anything this schema did not write.
 */
export function readPolicy(stored: unknown = {}): StoredDeliveryPolicy {
  return deliveryPolicySchema.parse(stored);
}

/** Delays between two attempts of a delivery. */
export type RetryWaits = Readonly<{
  strategy: "exponential" | "linear" | "list";
  firstMs: number;
  factor: number;
  stepMs: number;
  longestMs: number;
  listMs: readonly number[];
  /** Share by which a delay varies in either direction. */
  jitter: number;
}>;

export type DeliveryPolicy = Readonly<{
  /** Null for no limit. */
  maxAttempts: number | null;
  timeoutMs: number;
  waits: RetryWaits;
  /** Age since receipt or replay; null for no limit. */
  maxAgeMs: number | null;
  /** Response statuses after which a delivery is given up immediately. */
  noRetryStatuses: ReadonlySet<number>;
  /** True if a 410 response disables the target. */
  deactivatesWhenGone: boolean;
  throttle: ThrottlePolicy;
}>;

/** Throws a ZodError on a policy that this schema did not write. */
export function parseDeliveryPolicy(json: unknown): DeliveryPolicy {
  const policy = readPolicy(json);
  return {
    maxAttempts: policy.max_attempts,
    timeoutMs: policy.timeout_ms,
    waits: {
      strategy: policy.retry_strategy,
      firstMs: policy.retry_delay_seconds * 1_000,
      factor: policy.retry_factor,
      stepMs: policy.retry_step_seconds * 1_000,
      longestMs: policy.retry_max_delay_seconds * 1_000,
      listMs: policy.retry_delays_seconds.map((each) => each * 1_000),
      jitter: policy.retry_jitter_percent / 100,
    },
    maxAgeMs: policy.max_age_hours === null ? null : policy.max_age_hours * HOUR_MS,
    noRetryStatuses: statusesOf(policy.no_retry_statuses),
    deactivatesWhenGone: policy.on_gone === "deactivate",
    throttle: toThrottlePolicy(policy),
  };
}
