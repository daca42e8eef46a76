/** Flow policy of a target: rate limit, concurrency, order and circuit breaker. */
import { z } from "zod";
import type { FormField } from "../settings/form-field.ts";

/** Attempts of different deliveries come close together, so a restart of a minute may fail a few of them. */
const DEFAULT_CIRCUIT_FAILURES = 10;
/** Higher concurrency only slows down each attempt; the engine itself goes no higher. */
const MOST_CONCURRENT = 64;

const PERIOD_MS = { second: 1_000, minute: 60_000, hour: 3_600_000 } as const;

const PATH = /^[^.\s]+(\.[^.\s]+)*$/;

/** Throttle fields of the delivery policy. */
export const throttlePolicyShape = {
  rate_limit: z
    .int()
    .min(1)
    .max(100_000)
    .nullable()
    .describe("Maximum attempts within any `rate_period`, retries included; null: no limit.")
    .default(null),
  rate_period: z.enum(["second", "minute", "hour"]).default("second"),
  max_concurrency: z
    .int()
    .min(1)
    .max(MOST_CONCURRENT)
    .nullable()
    .describe("Maximum concurrent attempts; null: adjusted automatically.")
    .default(null),
  order_by: z
    .string()
    .max(200)
    .regex(PATH, 'must be "*" or a path such as data.object.id')
    .nullable()
    .describe(
      'null: no order. "*": deliveries are sent one after another. A path into bodies (JSON or a form) such as "data.object.id": events with the same value there are sent one after another; events without a value are not ordered. Applies to events received from now on.',
    )
    .default(null),
  circuit_failures: z
    .int()
    .min(1)
    .max(10_000)
    .nullable()
    .describe(
      "Consecutive failures after which the circuit opens: the target is only probed until it accepts an event. An event that gets 5xx responses counts once. null: never opens for this reason.",
    )
    .default(DEFAULT_CIRCUIT_FAILURES),
  circuit_failure_rate: z
    .int()
    .min(1)
    .max(100)
    .nullable()
    .describe(
      "Opens the circuit when this percentage of at least 20 attempts within a minute failed; null: never opens for this reason.",
    )
    .default(null),
};

export const throttlePolicyFields: readonly FormField[] = [
  {
    name: "rate_limit",
    nullable: true,
    label: "Rate limit",
    kind: "number",
    placeholder: "no limit",
    help: "Attempts per period, retries included. Leave empty for no limit.",
  },
  {
    name: "rate_period",
    label: "Rate limit period",
    kind: "select",
    options: [
      { value: "second", label: "second" },
      { value: "minute", label: "minute" },
      { value: "hour", label: "hour" },
    ],
  },
  {
    name: "max_concurrency",
    nullable: true,
    label: "Max concurrency",
    kind: "number",
    placeholder: "automatic",
    help: `From 1 to ${MOST_CONCURRENT}. Leave empty to increase it automatically while the target responds well.`,
  },
  {
    name: "order_by",
    nullable: true,
    label: "Keep in order by",
    kind: "text",
    placeholder: "no order",
    help: "A path in the JSON or form body, such as data.object.id, keeps events with the same value there in order; * keeps all events in order. A delivery that waits for its retry holds back only those behind it.",
  },
  {
    name: "circuit_failures",
    nullable: true,
    label: "Open circuit after N consecutive failures",
    kind: "number",
    placeholder: "never",
    help: "Deliveries are then paused, and the target is probed until it accepts one. An event that gets a 5xx response counts once.",
  },
  {
    name: "circuit_failure_rate",
    nullable: true,
    label: "…or at a failure rate of (%)",
    kind: "number",
    placeholder: "never",
    help: "Counts from 20 attempts within a minute.",
  },
];

export type ThrottlePolicy = Readonly<{
  /** Maximum of `limit` attempts started within any `periodMs`. */
  rate: Readonly<{ limit: number; periodMs: number }> | null;
  concurrency: number | null;
  /** "*" for the whole target. */
  orderBy: string | null;
  circuit: Readonly<{ failures: number | null; failureRate: number | null }>;
}>;

type Stored = z.output<z.ZodObject<typeof throttlePolicyShape>>;

export function toThrottlePolicy(policy: Stored): ThrottlePolicy {
  const { rate_limit: limit, circuit_failure_rate: percent } = policy;
  return {
    rate: limit === null ? null : { limit, periodMs: PERIOD_MS[policy.rate_period] },
    concurrency: policy.max_concurrency,
    orderBy: policy.order_by,
    circuit: { failures: policy.circuit_failures, failureRate: percent === null ? null : percent / 100 },
  };
}
