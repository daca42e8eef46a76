/** Reads the state that a toggle button requests. */
import type { FormInput } from "../../forms.ts";

/** The form names the requested state, so that a button pressed twice, or on an outdated page, does no harm. */
export function wantedActive({ active }: FormInput, isActive: boolean): boolean {
  if (active === "true") return true;
  if (active === "false") return false;
  return !isActive;
}
