/** Converts a webhook's notice settings to form fields and back. */
import { type NoticeSettings, TROUBLE_KINDS, type TroubleKind } from "../../../settings/notice-settings.ts";
import type { FormInput } from "../../forms.ts";

export function troubleField(kind: TroubleKind): string {
  return `on.${kind}`;
}

/** Returns the form's values; every kind is selected if nothing is set yet. */
export function toForm(settings: NoticeSettings | null): FormInput {
  const { target_id = null, email = null, on = TROUBLE_KINDS } = settings ?? {};
  return {
    target_id: target_id ?? "",
    email: email ?? "",
    ...Object.fromEntries(on.map((kind) => [troubleField(kind), "true"])),
  };
}

/** Returns the input of the API; null, which disables notices, if neither a target nor an address was chosen. */
export function fromForm(form: FormInput): Record<string, unknown> | null {
  const target_id = form.target_id?.trim() || null;
  const email = form.email?.trim() || null;
  if (target_id === null && email === null) return null;
  return { target_id, email, on: TROUBLE_KINDS.filter((kind) => form[troubleField(kind)] !== undefined) };
}
