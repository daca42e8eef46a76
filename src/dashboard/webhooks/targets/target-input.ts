/** Turns a posted form into a target's input, and a target into a form, by the type's list of fields. */
import type { FormField } from "../../../settings/form-field.ts";
import { deliveryPolicyFields } from "../../../targets/delivery-policy.ts";
import { readFields } from "../../form-values.ts";
import type { FormInput } from "../../forms.ts";
import { readSigning } from "./signing-form.ts";

export type TargetForm = Readonly<{
  fields: readonly FormField[];
  form: FormInput;
  /** The redacted config that is there already. */
  stored?: Readonly<Record<string, unknown>>;
}>;

/** What the API takes. What the form does not carry of the policy keeps its value, or gets its default. */
export function readTarget({ fields, form, stored }: TargetForm): Record<string, unknown> {
  const signing = readSigning(form);
  return {
    name: form.name ?? "",
    config: readFields(fields, form, stored),
    ...readFields(deliveryPolicyFields, form),
    ...(signing && { signing }),
  };
}
