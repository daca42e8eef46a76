/** What a toggle asks for. */
import type { FormInput } from "../../forms.ts";

/** The form names the state it leads to, so that a button pressed twice, or on an old page, does no harm. */
export function wantedActive({ active }: FormInput, isActive: boolean): boolean {
  if (active === "true") return true;
  if (active === "false") return false;
  return !isActive;
}
