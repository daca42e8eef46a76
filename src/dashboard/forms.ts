/** Reads posted forms, and assigns errors to their fields. */
import { readBody } from "../http/body.ts";
import { AppError } from "../lib/errors.ts";

export type FormInput = Readonly<Record<string, string>>;

/** Errors by field name. */
export type FieldErrors = Readonly<Record<string, string>>;

export const NO_ERRORS: FieldErrors = {};

const MAX_FORM_BYTES = 256 * 1024;
const FORM_TYPE = "application/x-www-form-urlencoded";

/** If a name is repeated, its last value counts. Throws AppError too_large or unsupported_type. */
export async function readForm(request: Request): Promise<FormInput> {
  const bytes = await readBody(request, MAX_FORM_BYTES);
  const type = request.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (bytes.byteLength > 0 && type !== FORM_TYPE) {
    throw new AppError({ kind: "unsupported_type", message: "The body is not a form." });
  }
  const fields = new URLSearchParams(new TextDecoder().decode(bytes));
  return Object.fromEntries(fields);
}

/**
 * Returns the errors to show beside the fields; rethrows anything that the input did not cause. `within` is the part of
 * the input whose fields the form names directly, such as "config".
 */
export function fieldErrors(error: unknown, within?: string): FieldErrors {
  if (!(error instanceof AppError) || (error.kind !== "invalid" && error.kind !== "conflict")) throw error;
  const errors: Record<string, string> = {};
  const details = error.details ?? [{ path: "", message: error.message }];
  for (const { path, message } of details) {
    const inner = within !== undefined && path.startsWith(`${within}.`);
    const name = inner ? path.slice(within.length + 1) : path;
    errors[name] ??= readable(message);
  }
  return errors;
}

/** Turns a message whose subject is the field into a sentence. */
function readable(message: string): string {
  if (/^(?:is missing|must not be empty)$/.test(message)) return "Fill this in.";
  const sentence = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
