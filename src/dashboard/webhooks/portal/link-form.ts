/** Reads the form of a new link to a portal. */
import type { FormInput } from "../../forms.ts";

/** The choices of "lifetime", in seconds. */
export const LIFETIMES = [
  { value: "600", label: "10 minutes" },
  { value: "3600", label: "an hour" },
  { value: "28800", label: "8 hours" },
  { value: "86400", label: "a day" },
  { value: "604800", label: "7 days" },
] as const;

/** As in the API: an hour, and targets that customers know best. */
export const FIRST_LINK: FormInput = { lifetime: "3600", [typeField("http")]: "true" };

/** The name of a target type's checkbox. */
export function typeField(type: string): string {
  return `type.${type}`;
}

/** Returns the input of the API. */
export function readLinkForm(form: FormInput, types: readonly string[]) {
  return {
    expires_in: Number(form.lifetime),
    target_types: types.filter((type) => form[typeField(type)] !== undefined),
  };
}
