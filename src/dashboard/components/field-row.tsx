/** A form field with its label, help and error. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { FormField } from "../../settings/form-field.ts";
import { attribute } from "../render.ts";
import { Icon } from "./icon.tsx";

export type Row = Readonly<{
  name: string;
  label: string;
  help?: string | undefined;
  error?: string | undefined;
  /** Distinguishes fields of the same name on one page. */
  idPrefix?: string | undefined;
  optional?: boolean | undefined;
  when?: FormField["when"];
}>;

type Ids = Readonly<{ id: string; describedBy: string | undefined }>;

/** Returns the ids that connect a control with its label, help and error. */
export function fieldIds({ name, help, error, idPrefix = "" }: Omit<Row, "label">): Ids {
  const id = attribute(`f-${idPrefix}${name}`);
  const describedBy = [error && `${id}-error`, help && `${id}-help`].filter(Boolean).join(" ");
  return { id, describedBy: describedBy === "" ? undefined : describedBy };
}

/** Attributes by which the stylesheet hides a field that another one's value makes useless. */
function shownWhen(when: FormField["when"]): Readonly<Record<string, string>> {
  return when === undefined ? {} : { "data-of": when.field, "data-when": when.values.join(" ") };
}

/** `children` is the control; give it the id and aria-describedby of `fieldIds`. */
export function FieldRow(props: PropsWithChildren<Row>): JSX.Element {
  const { id } = fieldIds(props);
  return (
    <div class={props.error === undefined ? "field" : "field field-wrong"} {...shownWhen(props.when)}>
      <label for={id}>
        <span safe>{props.label}</span>
        {props.optional && <span class="muted"> (optional)</span>}
      </label>
      {props.children}
      <FieldNotes id={id} help={props.help} error={props.error} />
    </div>
  );
}

export function FieldNotes(props: {
  id: string;
  help?: string | undefined;
  error?: string | undefined;
}): JSX.Element {
  return (
    <>
      {props.error !== undefined && (
        <p class="field-error" id={`${props.id}-error`}>
          <Icon name="alert" />
          <span safe>{props.error}</span>
        </p>
      )}
      {props.help !== undefined && (
        <p class="field-help" id={`${props.id}-help`} safe>
          {props.help}
        </p>
      )}
    </>
  );
}

type TextFieldProps = Row &
  Readonly<{
    value?: string | undefined;
    type?: "text" | "url" | "email" | "number" | "password" | "search" | "datetime-local" | undefined;
    required?: boolean | undefined;
    placeholder?: string | undefined;
    autocomplete?: string | undefined;
    autofocus?: boolean | undefined;
    maxlength?: number | undefined;
    minlength?: number | undefined;
    min?: number | undefined;
    max?: number | undefined;
    step?: "any" | undefined;
    /** Values to choose from, beside any other. */
    proposals?: readonly string[] | undefined;
  }>;

/** A labelled single-line input. */
export function TextField(props: TextFieldProps): JSX.Element {
  const { id, describedBy } = fieldIds(props);
  return (
    <FieldRow {...props}>
      <input
        class="input"
        id={id}
        name={attribute(props.name)}
        type={props.type ?? "text"}
        value={props.value === undefined ? undefined : attribute(props.value)}
        required={props.required}
        placeholder={props.placeholder && attribute(props.placeholder)}
        autocomplete={props.autocomplete ?? "off"}
        autofocus={props.autofocus}
        maxlength={props.maxlength}
        minlength={props.minlength}
        min={props.min}
        max={props.max}
        step={props.step}
        spellcheck="false"
        autocapitalize="off"
        list={props.proposals && `${id}-proposals`}
        aria-describedby={describedBy}
        aria-invalid={props.error === undefined ? undefined : "true"}
      />
      {props.proposals !== undefined && (
        <datalist id={`${id}-proposals`}>
          {props.proposals.map((value) => (
            <option value={attribute(value)}></option>
          ))}
        </datalist>
      )}
    </FieldRow>
  );
}

/** A labelled file input. */
export function FileField(props: Row & Readonly<{ required?: boolean }>): JSX.Element {
  const { id, describedBy } = fieldIds(props);
  return (
    <FieldRow {...props}>
      <input
        class="input"
        id={id}
        name={attribute(props.name)}
        type="file"
        required={props.required}
        aria-describedby={describedBy}
        aria-invalid={props.error === undefined ? undefined : "true"}
      />
    </FieldRow>
  );
}

/** A labelled drop-down list. */
export function SelectField(
  props: Row &
    Readonly<{ value?: string | undefined; options: readonly Readonly<{ value: string; label: string }>[] }>,
): JSX.Element {
  const { id, describedBy } = fieldIds(props);
  return (
    <FieldRow {...props}>
      <select
        class="input"
        id={id}
        name={attribute(props.name)}
        aria-describedby={describedBy}
        aria-invalid={props.error === undefined ? undefined : "true"}
      >
        {props.options.map(({ value, label }) => (
          <option value={attribute(value)} selected={value === props.value} safe>
            {label}
          </option>
        ))}
      </select>
    </FieldRow>
  );
}
