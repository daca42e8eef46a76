/** Converts a webhook's notice settings to form fields and back. */
import { type NoticeSettings, PROBLEM_KINDS, type ProblemKind } from "../../../settings/notice-settings.ts";
import type { FormInput } from "../../forms.ts";

export function problemField(kind: ProblemKind): string {
  return `on.${kind}`;
}

/** Returns the form's values; every kind is selected if nothing is set yet. */
export function toForm(settings: NoticeSettings | null): FormInput {
  const { target_id = null, email = null, on = PROBLEM_KINDS } = settings ?? {};
  return {
    target_id: target_id ?? "",
    email: email ?? "",
    ...Object.fromEntries(on.map((kind) => [problemField(kind), "true"])),
  };
}

/** Returns the input of the API; null, which disables notices, if neither a target nor an address was chosen. */
export function fromForm(form: FormInput): Record<string, unknown> | null {
  const target_id = form.target_id?.trim() || null;
  const email = form.email?.trim() || null;
  if (target_id === null && email === null) return null;
  return { target_id, email, on: PROBLEM_KINDS.filter((kind) => form[problemField(kind)] !== undefined) };
}
