/** Turns what was typed into a list of form fields into the values that the schema behind it takes. */
import type { FormField } from "../settings/form-field.ts";
import type { FieldErrors, FormInput } from "./forms.ts";
import { readSize } from "./size-text.ts";

/** More than the http target takes, so that it is the schema that refuses. */
export const MAX_HEADER_ROWS = 60;

/** The checkbox beside a stored secret that can be done without. */
export function removalName(fieldName: string): string {
  return `${fieldName}.remove`;
}

/** What a use case understands as "keep what is stored". */
const KEEP = "[secret]";

/**
 * Empty fields are left out: defaults and stored secrets then stand. `stored`: the redacted values that are
 * there already, so that a header whose name is kept and whose value is empty keeps its value.
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
  // An emptied list is an empty one: nothing else says that what is stored has to go.
  if (field.kind === "list") return typed === undefined ? undefined : items(typed);
  if (field.kind === "number-list") return typed === undefined ? undefined : items(typed).map(toNumber);
  const text = typed ?? "";
  if (field.nullable === true && typed?.trim() === "") return null;
  // null is what a use case understands as "forget the stored one".
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

/** What is no number stays a text, for the schema to refuse. */
function toNumber(text: string): number | string {
  return Number.isNaN(Number(text)) ? text : Number(text);
}

/** People write lists with commas too. */
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
