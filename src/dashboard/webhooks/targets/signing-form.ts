/** Form fields of a target's signing, and their conversion to and from its settings. */
import { type FormField, inSection } from "../../../settings/form-field.ts";
import type { Target } from "../../../webhooks/targets.ts";
import type { FormInput } from "../../forms.ts";

const SCHEME = "signing.scheme";
const SECRET = "signing.secret";

export const SIGNING_OPTIONS = [
  { value: "v1", label: "HMAC-SHA256 (v1)" },
  { value: "v1a", label: "ed25519 (v1a)" },
  { value: "none", label: "None" },
] as const;

/** Named like the paths of their errors. */
export const signingFields: readonly FormField[] = inSection("Signing", [
  {
    name: SCHEME,
    label: "Signature",
    kind: "select",
    options: SIGNING_OPTIONS,
    help: "Signs each request by Standard Webhooks. Receivers verify it with any library for Standard Webhooks or Svix.",
  },
  {
    name: SECRET,
    label: "Use my own secret",
    kind: "password",
    placeholder: "whsec_…",
    help: "A secret is generated if empty and none is stored, and shown once. An entered secret replaces the stored one immediately; a rotation keeps the old one valid for a while.",
  },
]);

export function signingValues(target: Target | undefined): Record<string, unknown> {
  return { [SCHEME]: target?.signing.scheme ?? "v1" };
}

/** Returns the API's `signing`; undefined if the form has no such fields. */
export function readSigning(form: FormInput): Record<string, string> | undefined {
  const scheme = form[SCHEME];
  if (scheme === undefined) return undefined;
  const secret = form[SECRET]?.trim() ?? "";
  return { scheme, ...(secret !== "" && scheme !== "none" && { secret }) };
}
