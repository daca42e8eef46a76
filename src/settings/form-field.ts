/** How one setting is drawn as a form field and kept: forms and sealing both follow this list. */

export type FormField = Readonly<{
  /** The key in the zod schema that this field fills. */
  name: string;
  label: string;
  /** `list` is an array of texts, one a line; `number-list` one of numbers. `size` is a number of bytes, shown as 500 MB. */
  kind:
    | "text"
    | "url"
    | "number"
    | "size"
    | "checkbox"
    | "select"
    | "textarea"
    | "password"
    | "headers"
    | "list"
    | "number-list";
  help?: string;
  placeholder?: string;
  required?: boolean;
  /** For `select`. */
  options?: readonly Readonly<{ value: string; label: string }>[];
  /** For `number`: not only whole ones. */
  decimal?: boolean;
  /** For `number`: what browsers let people choose. The schema decides. */
  min?: number;
  max?: number;
  /** Emptied by hand it is null, which stands for no limit, or none at all. */
  nullable?: boolean;
  /** The heading under which forms gather this field and its neighbours of the same section, at first closed. */
  section?: string;
  /** Sealed at rest, never shown again, kept when a form leaves it empty. */
  secret?: boolean;
}>;

export function inSection(section: string, fields: readonly FormField[]): readonly FormField[] {
  return fields.map((field) => ({ ...field, section }));
}
