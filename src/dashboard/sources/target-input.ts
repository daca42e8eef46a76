/** Turns a posted form into a target's input, and a target into a form, by the type's list of fields. */
import type { FormField } from "../../lib/form-field.ts";
import { type DeliveryPolicy, parseDeliveryPolicy } from "../../targets/delivery-policy.ts";
import { readFields } from "../form-values.ts";
import type { FormInput } from "../forms.ts";

/** How often and how long is tried; the same for every type. */
export const POLICY_FIELDS: readonly FormField[] = [
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
    placeholder: String(parseDeliveryPolicy({}).timeoutMs),
    help: "From 1000 to 120000.",
  },
];

export type TargetForm = Readonly<{
  fields: readonly FormField[];
  form: FormInput;
  /** The redacted config that is there already. */
  stored?: Readonly<Record<string, unknown>>;
}>;

/** What the API takes. What the form does not carry of the policy keeps its value, or gets its default. */
export function readTarget({ fields, form, stored }: TargetForm): Record<string, unknown> {
  const { max_attempts: attempts, ...policy } = readFields(POLICY_FIELDS, form);
  // Left out, it would be the default; emptied by hand, it is no limit.
  const unlimited = form.max_attempts?.trim() === "" ? { max_attempts: null } : {};
  return {
    name: form.name ?? "",
    config: readFields(fields, form, stored),
    ...policy,
    ...(attempts === undefined ? unlimited : { max_attempts: attempts }),
  };
}

/** The policy as its fields show it. */
export function policyValues({ maxAttempts, timeoutMs }: DeliveryPolicy): Record<string, unknown> {
  return { max_attempts: maxAttempts ?? "", timeout_ms: timeoutMs };
}
