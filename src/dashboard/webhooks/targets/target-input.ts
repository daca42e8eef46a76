/** Converts a posted form into a target's input, by the type's list of fields. */
import type { FormField } from "../../../settings/form-field.ts";
import { deliveryPolicyFields } from "../../../targets/delivery-policy.ts";
import { filterPolicyFields } from "../../../targets/filter-policy.ts";
import { readFields } from "../../form-values.ts";
import type { FormInput } from "../../forms.ts";
import { readSigning } from "./signing-form.ts";
import { readTransformation } from "./transformation-form.ts";

export type TargetForm = Readonly<{
  fields: readonly FormField[];
  form: FormInput;
  /** Current redacted config. */
  stored?: Readonly<Record<string, unknown>>;
}>;

/** Returns the API's input. Policy fields missing from the form keep their values, or get their defaults. */
export function readTarget({ fields, form, stored }: TargetForm): Record<string, unknown> {
  const signing = readSigning(form);
  const transformation = readTransformation(form);
  return {
    name: form.name ?? "",
    config: readFields(fields, form, stored),
    ...readFields(deliveryPolicyFields, form),
    ...readFields(filterPolicyFields, form),
    ...(signing && { signing }),
    ...(transformation !== undefined && { transformation }),
  };
}
