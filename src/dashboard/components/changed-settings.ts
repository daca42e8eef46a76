/** Says in a few words which settings of a form's section differ from their defaults. */
import type { FormField } from "../../settings/form-field.ts";
import { formatSize } from "../size-text.ts";

type Values = Readonly<Record<string, unknown>>;

const MOST_NAMED = 3;
/** Most characters of a value that are shown. */
const MOST_SHOWN = 30;

export function changedSettings(fields: readonly FormField[], values: Values, defaults: Values): string {
  const changed = fields.filter(
    // The placeholder of a number is its default.
    ({ name, placeholder }) =>
      !isSame(values[name], defaults[name]) &&
      (placeholder === undefined || String(values[name]) !== placeholder),
  );
  if (changed.length === 0) return "default";
  const named = changed.slice(0, MOST_NAMED).map((field) => describe(field, values[field.name]));
  const others = changed.length - named.length;
  return [...named, ...(others > 0 ? [`${others} more`] : [])].join(", ");
}

/** An unset value and an empty one mean the same. */
function isSame(one: unknown, other: unknown): boolean {
  return (isEmpty(one) && isEmpty(other)) || JSON.stringify(one) === JSON.stringify(other);
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === "" || value === false;
}

function describe({ label, kind, options, secret }: FormField, value: unknown): string {
  if (kind === "checkbox") return value === true ? label : `${label}: off`;
  if (secret === true) return label;
  if (kind === "size" && typeof value === "number") return `${label}: ${formatSize(value)}`;
  const text = options?.find((option) => option.value === value)?.label ?? value;
  const isShown =
    (typeof text === "string" && text !== "" && kind !== "textarea") || typeof text === "number";
  return isShown && String(text).length <= MOST_SHOWN ? `${label}: ${text}` : label;
}
