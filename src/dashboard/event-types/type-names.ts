/** Offers the names in a catalogue where a target's event types are chosen. */
import type { FormField } from "../../settings/form-field.ts";

/** Names that the field lists; more would hide the form. */
const MOST_NAMES = 30;

/** Adds them to the help of the field `event_types`. */
export function withTypeNames(fields: readonly FormField[], names: readonly string[]): readonly FormField[] {
  if (names.length === 0) return fields;
  const listed = names.slice(0, MOST_NAMES).join(", ");
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
  return fields.map((field) =>
    field.name === "event_types"
      ? { ...field, help: `${field.help} In the catalogue: ${listed}${more}.` }
      : field,
  );
}
