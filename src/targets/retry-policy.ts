/** Retry policy: when a failed delivery is retried and when it is given up, for the API and for forms. */
import { z } from "zod";
import type { FormField } from "../settings/form-field.ts";
import { isStatusPattern } from "./retry-statuses.ts";

/** A week: longer delays help nobody, and due times stay far from those that a clock set back leaves behind. */
const MAX_DELAY_SECONDS = 7 * 24 * 3_600;
/** A year, far beyond any common retention. */
const MAX_AGE_HOURS = 365 * 24;
const MAX_DELAYS = 50;
const MAX_STATUS_PATTERNS = 50;

const seconds = z.int().min(1).max(MAX_DELAY_SECONDS);

/**
 * Defaults: the first retry comes within seconds, as most failures are restarts and deployments; twelve attempts spread
 * over about 70 hours, as Standard Webhooks advises (about 75 h).
 */
export const retryPolicyShape = {
  retry_strategy: z
    .enum(["exponential", "linear", "list"])
    .describe(
      "How retry delays grow: by `retry_factor`, by `retry_step_seconds`, or as listed in `retry_delays_seconds`.",
    )
    .default("exponential"),
  retry_delay_seconds: seconds.describe("The first delay, for `exponential` and `linear`.").default(5),
  retry_factor: z
    .number()
    .min(1)
    .max(10)
    .describe("For `exponential`: each delay is this many times longer.")
    .default(3.2),
  retry_step_seconds: z
    .int()
    .min(0)
    .max(MAX_DELAY_SECONDS)
    .describe("For `linear`: each delay is this much longer; 0: all are the same.")
    .default(0),
  retry_max_delay_seconds: seconds
    .describe("The longest delay, for `exponential` and `linear`.")
    .default(86_400),
  retry_delays_seconds: z
    .array(seconds)
    .max(MAX_DELAYS)
    .describe("For `list`: the delays in order. After the last one the delivery is given up.")
    .default([]),
  retry_jitter_percent: z
    .int()
    .min(0)
    .max(50)
    .describe(
      "Each delay varies randomly by up to this much, so that retries after an outage are spread out.",
    )
    .default(15),
  max_age_hours: z
    .int()
    .min(1)
    .max(MAX_AGE_HOURS)
    .nullable()
    .describe("Give up deliveries older than this, counted from receipt or replay. null: no limit.")
    .default(null),
  no_retry_statuses: z
    .array(
      z
        .string()
        .trim()
        .max(7)
        .refine(isStatusPattern, { error: "must be statuses such as 404, 400-499 or 4xx" }),
    )
    .max(MAX_STATUS_PATTERNS)
    .describe(
      "Response statuses that are not retried: 404, 400-499 or 4xx. 408, 409, 425 and 429 count only if listed individually.",
    )
    .default([]),
  on_gone: z
    .enum(["deactivate", "retry"])
    .describe("Effect of a 410 (Gone) response: `deactivate` disables the target.")
    .default("deactivate"),
};

export const retryPolicyFields: readonly FormField[] = [
  {
    name: "retry_strategy",
    label: "Retry schedule",
    kind: "select",
    options: [
      { value: "exponential", label: "Exponential: grows by a factor" },
      { value: "linear", label: "Linear: grows by a step, or stays the same" },
      { value: "list", label: "Custom: as listed below" },
    ],
  },
  {
    name: "retry_delay_seconds",
    when: { field: "retry_strategy", values: ["exponential", "linear"] },
    label: "First wait (seconds)",
    kind: "number",
    placeholder: "5",
  },
  {
    name: "retry_factor",
    when: { field: "retry_strategy", values: ["exponential"] },
    label: "Factor",
    kind: "number",
    decimal: true,
    placeholder: "3.2",
    help: "Each wait is this many times longer than the one before.",
  },
  {
    name: "retry_step_seconds",
    when: { field: "retry_strategy", values: ["linear"] },
    label: "Step (seconds)",
    kind: "number",
    placeholder: "0",
    help: "Each wait is this much longer than the one before. 0 keeps them the same.",
  },
  {
    name: "retry_max_delay_seconds",
    when: { field: "retry_strategy", values: ["exponential", "linear"] },
    label: "Longest wait (seconds)",
    kind: "number",
    placeholder: "86400",
  },
  {
    name: "retry_delays_seconds",
    when: { field: "retry_strategy", values: ["list"] },
    label: "Custom schedule (seconds)",
    kind: "number-list",
    placeholder: "5\n300\n1800",
    help: "One wait per line. After the last one the delivery is given up.",
  },
  {
    name: "retry_jitter_percent",
    label: "Jitter (%)",
    kind: "number",
    placeholder: "15",
    help: "Makes each wait randomly shorter or longer by up to this share, so that retries after an outage are spread out.",
  },
  {
    name: "max_age_hours",
    nullable: true,
    label: "Give up after (hours)",
    kind: "number",
    placeholder: "no limit",
    help: "Counted from receipt or replay.",
  },
  {
    name: "no_retry_statuses",
    label: "Don't retry these statuses",
    kind: "list",
    placeholder: "404\n4xx",
    help: "For example 404, 400-499 or 4xx, one per line. 408, 409, 425 and 429 ask for a retry, so a range does not include them.",
  },
  {
    name: "on_gone",
    label: "On 410 Gone",
    kind: "select",
    options: [
      { value: "deactivate", label: "Disable the target" },
      { value: "retry", label: "Retry as after any failure" },
    ],
  },
];
