/** How often and how long a target's deliveries are tried, as the API takes it and as the engine reads it. */
import { z } from "zod";
import type { FormField } from "../lib/form-field.ts";

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

/** Without the defaults, which would otherwise overwrite what a change leaves out. */
export const deliveryPolicyChangeShape = {
  max_attempts: deliveryPolicyShape.max_attempts.unwrap(),
  timeout_ms: deliveryPolicyShape.timeout_ms.unwrap(),
};

/** How forms draw the policy; the same for every type. */
export const deliveryPolicyFields: readonly FormField[] = [
  {
    name: "max_attempts",
    label: "Tries before a delivery is given up",
    kind: "number",
    placeholder: "no limit",
    help: "1 means no retry, empty means no limit. The waits between tries grow: 12 tries take about three days.",
  },
  {
    name: "timeout_ms",
    label: "Time limit of one try, in milliseconds",
    kind: "number",
    placeholder: String(DEFAULT_TIMEOUT_MS),
    help: "From 1000 to 120000.",
  },
];

/** As it stands in the API, in the forms and in the database. */
export type StoredDeliveryPolicy = z.output<typeof deliveryPolicySchema>;

/** What `sent` says of a policy, over what is stored or the defaults; `sent` was checked by one of the shapes above. */
export function changePolicy(
  sent: Readonly<Record<string, unknown>>,
  stored: unknown = {},
): StoredDeliveryPolicy {
  const said = Object.keys(deliveryPolicyShape).filter((key) => sent[key] !== undefined);
  const before = deliveryPolicySchema.parse(stored);
  return deliveryPolicySchema.parse({
    ...before,
    ...Object.fromEntries(said.map((key) => [key, sent[key]])),
  });
}

export type DeliveryPolicy = Readonly<{ maxAttempts: number | null; timeoutMs: number }>;

/** Throws a ZodError on a policy that was not written by this schema. */
export function parseDeliveryPolicy(json: unknown): DeliveryPolicy {
  const policy = deliveryPolicySchema.parse(json);
  return { maxAttempts: policy.max_attempts, timeoutMs: policy.timeout_ms };
}
