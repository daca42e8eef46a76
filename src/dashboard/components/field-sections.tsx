/** Draws form fields in collapsible sections, so that a long form starts short. */
import { Html } from "@elysiajs/html";
import type { FormField } from "../../settings/form-field.ts";
import type { FieldErrors } from "../forms.ts";
import type { SectionParts } from "../manual/links.ts";
import { changedSettings } from "./changed-settings.ts";
import { FormFields, type FormFieldsProps } from "./form-fields.tsx";
import { ManualLink } from "./manual-link.tsx";

type Props = FormFieldsProps &
  Readonly<{
    opensFilled?: boolean;
    manual?: SectionParts;
    /** Summary of a section, by its title; it takes precedence over that of `defaults`. */
    notes?: Readonly<Record<string, string>>;
    /** Default values by field name, so that each folded section says what differs from them. */
    defaults?: Readonly<Record<string, unknown>>;
  }>;

/**
 * Draws fields without a section first, then the sections in the order of their first fields. A section with an error
 * is open. With `opensFilled`, so is a section with any value, for fields that are empty unless somebody filled them
 * in.
 */
export function FieldSections({
  fields,
  errors,
  opensFilled = false,
  manual = {},
  notes = {},
  defaults,
  ...rest
}: Props): JSX.Element {
  const noteOf = (title: string | undefined, inside: readonly FormField[]) =>
    notes[title ?? ""] ?? (defaults && changedSettings(inside, rest.values ?? {}, defaults));
  const sections = Map.groupBy(fields, (field) => field.section);
  const loose = sections.get(undefined) ?? [];
  sections.delete(undefined);
  return (
    <>
      <FormFields {...rest} fields={loose} errors={errors} />
      {[...sections].map(([title, inside]) => (
        <details
          class="more"
          open={inside.some(
            (field) =>
              isFaulty(field, errors) ||
              rest.places?.[field.name] !== undefined ||
              (opensFilled && isFilled(field, rest.typed ?? rest.values)),
          )}
        >
          <summary>
            <span safe>{title}</span>
            <SectionNote text={rest.typed === undefined ? noteOf(title, inside) : undefined} />
          </summary>
          <SectionLink first={inside[0]} manual={manual} />
          <FormFields {...rest} fields={inside} errors={errors} />
        </details>
      ))}
    </>
  );
}

/** Stored settings only: what is typed may still change. */
function SectionNote({ text }: { text: string | undefined }): JSX.Element {
  if (text === undefined) return "";
  return (
    <span class="section-note" safe>
      {text}
    </span>
  );
}

function SectionLink(props: { first: FormField | undefined; manual: SectionParts }): JSX.Element {
  const part = props.first && props.manual[props.first.name];
  return part === undefined ? "" : <ManualLink to={part} />;
}

function isFilled({ name }: FormField, values: Readonly<Record<string, unknown>> = {}): boolean {
  const value = values[name];
  return value !== undefined && value !== null && value !== "" && value !== false;
}

function isFaulty({ name }: FormField, errors: FieldErrors): boolean {
  return Object.keys(errors).some((path) => path === name || path.startsWith(`${name}.`));
}
