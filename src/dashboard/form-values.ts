/** Converts the typed values of a list of form fields into the values that their schema accepts. */
import { readTypedJson } from "../bodies/typed-json.ts";
import type { FormField } from "../settings/form-field.ts";
import type { FieldErrors, FormInput } from "./forms.ts";
import { readSize } from "./size-text.ts";

/** Higher than the limit of the http target, so that the schema refuses, not the form. */
export const MAX_HEADER_ROWS = 60;

/** Returns the name of the checkbox that removes an optional stored secret. */
export function removalName(fieldName: string): string {
  return `${fieldName}.remove`;
}

/** Use cases read this as "keep the stored value". */
const KEEP = "[secret]";

/**
 * Leaves out empty fields, so that defaults and stored secrets apply. `stored` has the current values, redacted, so
 * that a header with the same name and an empty value keeps its value.
 */
export function readFields(
  fields: readonly FormField[],
  form: FormInput,
  stored: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const value = readField(field, form, stored[field.name]);
    if (value !== undefined) values[field.name] = value;
  }
  return values;
}

function readField(field: FormField, form: FormInput, stored: unknown): unknown {
  if (field.kind === "headers") return readHeaders(field.name, form, field.secret === true ? stored : null);
  if (field.kind === "checkbox") return form[field.name] !== undefined;
  const typed = form[field.name];
  // An emptied list means an empty list; nothing else could clear the stored one.
  if (field.kind === "list") return typed === undefined ? undefined : items(typed);
  if (field.kind === "number-list") return typed === undefined ? undefined : items(typed).map(toNumber);
  if (field.kind === "json") return typed === undefined ? undefined : readJson(typed);
  const text = typed ?? "";
  if (field.nullable === true && typed?.trim() === "") return null;
  // Use cases read null as "remove the stored value".
  if (text.trim() === "") return form[removalName(field.name)] === undefined ? undefined : null;
  if (field.kind === "number") return toNumber(text);
  if (field.kind === "size") return readSize(text);
  return field.kind === "url" ? text.trim() : text;
}

/** Returns the errors of a form in words for people, who do not type a size as a number of bytes. */
export function wordErrors(fields: readonly FormField[], form: FormInput, errors: FieldErrors): FieldErrors {
  const wrong = fields.filter(
    ({ kind, name }) =>
      kind === "size" && errors[name] !== undefined && typeof readSize(form[name] ?? "") === "string",
  );
  return {
    ...errors,
    ...Object.fromEntries(wrong.map(({ name }) => [name, "This is not a size such as 500 MB or 2 GB."])),
  };
}

/** Returns text that is no number unchanged, for the schema to refuse. */
function toNumber(text: string): number | string {
  return Number.isNaN(Number(text)) ? text : Number(text);
}

/** Returns text that is not JSON as it is, for the schema to refuse. */
function readJson(text: string): unknown {
  if (text.trim() === "") return null;
  const read = readTypedJson(text);
  return "fault" in read ? text : read.document;
}

/** Splits by lines and by commas, because people write both. */
function items(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function readHeaders(name: string, form: FormInput, stored: unknown): Record<string, string> {
  const known = new Set(typeof stored === "object" && stored !== null ? Object.keys(stored) : []);
  const pairs: [string, string][] = [];
  for (let index = 0; index < MAX_HEADER_ROWS; index++) {
    const header = (form[`${name}.${index}.name`] ?? "").trim();
    const value = form[`${name}.${index}.value`] ?? "";
    if (header === "" && value === "") continue;
    pairs.push([header, value === "" && known.has(header) ? KEEP : value]);
  }
  return Object.fromEntries(pairs);
}
