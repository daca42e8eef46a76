/** How one setting is drawn as a form field and kept: forms and sealing both follow this list. */

export type FormField = Readonly<{
  /** The key in the zod schema that this field fills. */
  name: string;
  label: string;
  /** `list` is an array of texts, one a line; `number-list` one of numbers. */
  kind:
    | "text"
    | "url"
    | "number"
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
  /** Sealed at rest, never shown again, kept when a form leaves it empty. */
  secret?: boolean;
}>;
