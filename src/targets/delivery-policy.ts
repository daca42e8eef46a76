/** How often and how long a target's deliveries are attempted, as the API takes it and as the engine reads it. */
import { z } from "zod";
import { HOUR_MS } from "../lib/clock.ts";
import { type FormField, inSection } from "../settings/form-field.ts";
import { mergeGiven } from "../settings/setting-shapes.ts";
import { retryPolicyFields, retryPolicyShape } from "./retry-policy.ts";
import { statusesOf } from "./retry-statuses.ts";
import {
  type ThrottlePolicy,
  throttlePolicyFields,
  throttlePolicyShape,
  toThrottlePolicy,
} from "./throttle-policy.ts";

/** Twelve attempts spread over about three days by the default waits. */
const DEFAULT_MAX_ATTEMPTS = 12;
const DEFAULT_TIMEOUT_MS = 30_000;

/** These stand beside `config` in the API's target, not inside it. */
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

/** How forms draw the policy; the same for every type. */
export const deliveryPolicyFields: readonly FormField[] = [
  ...inSection("Retries and timeout", retryFields),
  ...inSection("Flow", throttlePolicyFields),
];

/** As it stands in the API, in the forms and in the database. */
export type StoredDeliveryPolicy = z.output<typeof deliveryPolicySchema>;

/** What `sent` says of a policy, over what is stored or the defaults; not checked as a whole yet. */
export function mergePolicy(
  sent: Readonly<Record<string, unknown>>,
  stored: unknown = {},
): Record<string, unknown> {
  return mergeGiven({ shape: deliveryPolicyShape, given: sent, stored: readPolicy(stored) });
}

/** Completes what is stored, or nothing, by the defaults. Throws a ZodError on what this schema did not write. */
export function readPolicy(stored: unknown = {}): StoredDeliveryPolicy {
  return deliveryPolicySchema.parse(stored);
}

/** How long a delivery waits between two attempts. */
export type RetryWaits = Readonly<{
  strategy: "exponential" | "linear" | "list";
  firstMs: number;
  factor: number;
  stepMs: number;
  longestMs: number;
  listMs: readonly number[];
  /** Share by which a wait varies either way. */
  jitter: number;
}>;

export type DeliveryPolicy = Readonly<{
  /** Null: no limit. */
  maxAttempts: number | null;
  timeoutMs: number;
  waits: RetryWaits;
  /** Since receipt or replay; null: no limit. */
  maxAgeMs: number | null;
  /** Answers after which a delivery is given up at once. */
  noRetryStatuses: ReadonlySet<number>;
  /** An answer 410 deactivates the target. */
  deactivatesWhenGone: boolean;
  throttle: ThrottlePolicy;
}>;

/** Throws a ZodError on a policy that was not written by this schema. */
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
