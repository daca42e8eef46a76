/** Draws a list of form fields, such as a target type's, with stored or typed values. */
import { Html } from "@elysiajs/html";
import type { FormField } from "../../settings/form-field.ts";
import { removalName } from "../form-values.ts";
import type { FieldErrors, FormInput } from "../forms.ts";
import { attribute } from "../render.ts";
import { formatSize } from "../size-text.ts";
import { CodeField } from "./code-field.tsx";
import { type CodePlace, faultPlace } from "./code-place.ts";
import { FieldNotes, FieldRow, fieldIds, type Row, SelectField, TextField } from "./field-row.tsx";
import { HeadersField } from "./headers-field.tsx";

export type FormFieldsProps = Readonly<{
  fields: readonly FormField[];
  /** Stored values by field name, with secrets redacted. */
  values?: Readonly<Record<string, unknown>> | undefined;
  /** Typed values, if the form comes back with errors; they take precedence over `values`. */
  typed?: FormInput | undefined;
  errors: FieldErrors;
  /** Places to mark in code that has no error, by field name. */
  places?: Readonly<Record<string, CodePlace>> | undefined;
  /** Prefix of ids, if two such lists are on one page. */
  prefix?: string | undefined;
}>;

type One = Readonly<{
  field: FormField;
  value: unknown;
  typed: FormInput | undefined;
  error: string | undefined;
  errors: FieldErrors;
  place: CodePlace | undefined;
  prefix: string | undefined;
}>;

const STORED_HELP = "Stored. Leave empty to keep it.";

export function FormFields({
  fields,
  values = {},
  typed,
  errors,
  places = {},
  prefix,
}: FormFieldsProps): JSX.Element {
  return (
    <>
      {fields.map((field) => (
        <Field
          field={field}
          value={values[field.name]}
          typed={typed}
          error={errorOf(errors, field.name)}
          errors={errors}
          place={places[field.name]}
          prefix={prefix}
        />
      ))}
    </>
  );
}

/** Returns a field's error; an error within its value, such as of one header, counts. */
function errorOf(errors: FieldErrors, name: string): string | undefined {
  if (errors[name] !== undefined) return errors[name];
  const inner = Object.entries(errors).find(([path]) => path.startsWith(`${name}.`));
  if (inner === undefined) return undefined;
  const path = inner[0].slice(name.length + 1);
  return `${/^\d+$/.test(path) ? `Item ${Number(path) + 1}` : path}: ${inner[1]}`;
}

function Field({ field, value, typed, error, errors, place, prefix }: One): JSX.Element {
  const isStored = field.secret === true && value !== undefined && value !== null && value !== "";
  const help = isStored && field.kind !== "headers" ? join(field.help, STORED_HELP) : field.help;
  const row = { name: field.name, label: field.label, help, error, idPrefix: prefix, when: field.when };
  const text = typed ? (typed[field.name] ?? "") : field.secret ? "" : textOf(value, field.kind);
  const optional = field.required !== true;
  switch (field.kind) {
    case "headers":
      return <HeadersField {...row} value={value} typed={typed} isSecret={field.secret === true} />;
    case "checkbox":
      return <CheckboxField {...row} checked={typed ? typed[field.name] !== undefined : value === true} />;
    case "select":
      return <SelectField {...row} value={text} options={field.options ?? []} />;
    case "json":
    case "code":
      return (
        <CodeField
          {...row}
          value={text}
          optional={optional}
          placeholder={field.placeholder}
          language={field.kind === "json" ? "json" : "typescript"}
          place={faultPlace(errors, { name: field.name, text }) ?? place}
        />
      );
    case "list":
    case "number-list":
    case "textarea":
      return (
        <>
          <TextArea
            {...row}
            value={text}
            optional={optional}
            placeholder={isStored ? "••••••••" : field.placeholder}
          />
          {isStored && optional && <Removal field={field} typed={typed} prefix={prefix} />}
        </>
      );
    default:
      return (
        <>
          <TextField
            {...row}
            type={
              field.kind === "size" ? "text" : field.secret && field.kind === "text" ? "password" : field.kind
            }
            value={text}
            required={field.required === true && !isStored}
            optional={optional}
            placeholder={isStored ? "••••••••" : field.placeholder}
            step={field.decimal === true ? "any" : undefined}
            min={field.min}
            max={field.max}
          />
          {isStored && optional && <Removal field={field} typed={typed} prefix={prefix} />}
        </>
      );
  }
}

/** A checkbox that removes a stored secret, because an empty field keeps it. */
function Removal({ field, typed, prefix }: Pick<One, "field" | "typed" | "prefix">): JSX.Element {
  const name = removalName(field.name);
  return (
    <CheckboxField
      name={name}
      label={`Remove: ${field.label}`}
      help={undefined}
      error={undefined}
      idPrefix={prefix}
      checked={typed?.[name] !== undefined}
    />
  );
}

export function CheckboxField(props: Row & Readonly<{ checked: boolean }>): JSX.Element {
  const { id, describedBy } = fieldIds(props);
  return (
    <div class={props.error === undefined ? "field" : "field field-wrong"}>
      <label class="check" for={id}>
        <input
          id={id}
          type="checkbox"
          name={attribute(props.name)}
          value="true"
          checked={props.checked}
          aria-describedby={describedBy}
        />
        <span safe>{props.label}</span>
      </label>
      <FieldNotes id={id} help={props.help} error={props.error} />
    </div>
  );
}

/** A labelled text of several lines. */
export function TextArea(
  props: Row & Readonly<{ value: string; optional: boolean; placeholder: string | undefined; rows?: number }>,
): JSX.Element {
  const { id, describedBy } = fieldIds(props);
  return (
    <FieldRow {...props}>
      {/* Browsers drop a line feed right after the tag, so one that belongs to the value must be doubled. */}
      <textarea
        class="input"
        id={id}
        name={attribute(props.name)}
        rows={String(props.rows ?? 5)}
        placeholder={props.placeholder && attribute(props.placeholder)}
        aria-describedby={describedBy}
        aria-invalid={props.error === undefined ? undefined : "true"}
        safe
      >
        {`\n${props.value}`}
      </textarea>
    </FieldRow>
  );
}

function textOf(value: unknown, kind?: FormField["kind"]): string {
  if (kind === "json") return value === null || value === undefined ? "" : JSON.stringify(value, null, 2);
  if (Array.isArray(value)) return value.map((item) => textOf(item)).join("\n");
  if (kind === "size" && typeof value === "number") return formatSize(value);
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function join(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(" ");
}
