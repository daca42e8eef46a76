/** Describes how one setting is drawn as a form field and stored; forms and sealing both follow it. */

export type FormField = Readonly<{
  /** Key in the zod schema that this field fills. */
  name: string;
  label: string;
  /**
   * `list` is an array of texts, one per line; `number-list` an array of numbers; `json` any value, typed as JSON;
   * `code` the text of a program.
   */
  kind:
    | "text"
    | "url"
    | "number"
    | "size"
    | "checkbox"
    | "select"
    | "textarea"
    | "json"
    | "code"
    | "password"
    | "headers"
    | "list"
    | "number-list";
  help?: string;
  placeholder?: string;
  required?: boolean;
  /** Options of a `select`. */
  options?: readonly Readonly<{ value: string; label: string }>[];
  /** Allows fractions in a `number`. */
  decimal?: boolean;
  /** Limits of a `number` that browsers enforce; the schema decides. */
  min?: number;
  max?: number;
  /** True if an emptied field is null, which means no limit or none. */
  nullable?: boolean;
  /** Heading of a group of neighbouring fields, initially collapsed. */
  section?: string;
  /** Drawn only while the select of that name has one of the values, where browsers can tell. */
  when?: Readonly<{ field: string; values: readonly string[] }>;
  /** Sealed at rest, never shown again, kept if a form leaves it empty. */
  secret?: boolean;
}>;

export function inSection(section: string, fields: readonly FormField[]): readonly FormField[] {
  return fields.map((field) => ({ ...field, section }));
}
