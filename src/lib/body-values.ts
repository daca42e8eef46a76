/** The values that event types, duplicates, lanes and verifications take from a body, by one bounded reading of it. */
import { type BodyContent, type BodyHead, readContent, TOO_DEEP } from "./body-content.ts";
import type { FormValue } from "./form-values.ts";
import { type JsonText, type JsonValue, readJson } from "./json-text.ts";

/** "unreadable": there may be a value, but the body cannot be read, or not this part of it. */
export type BodyValue = JsonValue | Readonly<{ kind: "unreadable"; why: string }>;

/** Finds what is at a path such as "data.items.0.id"; null where there is nothing. */
export type ValueFinder = (path: string) => BodyValue | null;

export type BodyValues = Readonly<{
  /**
   * In JSON the value at the path. In a form the field of that name, the last one where it is repeated; else what is
   * at the path in the JSON of its field `payload`, in which GitHub and Slack send theirs.
   */
  at: ValueFinder;
  /** Finders for each item of the JSON list at the path; none where there is no list. */
  each: (path: string) => Generator<ValueFinder>;
  /** The names in the JSON object, or of the form's fields. */
  names: () => Generator<string>;
  /** Why nothing can be found in the whole body; null where it was read. */
  fault: () => string | null;
}>;

const known = new WeakMap<Uint8Array, BodyValues>();

/** Reads nothing until a value is asked for, and then once for each body, whoever asks. */
export function bodyValuesOf(body: Uint8Array, readHead: () => BodyHead): BodyValues {
  let values = known.get(body);
  if (values === undefined) {
    let read: BodyValues | null = null;
    const whole = () => {
      read ??= valuesOf(readContent(body, readHead()));
      return read;
    };
    values = {
      at: (path) => whole().at(path),
      each: (path) => whole().each(path),
      names: () => whole().names(),
      fault: () => whole().fault(),
    };
    known.set(body, values);
  }
  return values;
}

function valuesOf(content: BodyContent): BodyValues {
  switch (content.kind) {
    case "json":
      return jsonValues(content.json);
    case "form":
      return formValues(content.fields);
    case "empty":
      return { at: () => null, each: none, names: none, fault: noFault };
    case "unreadable":
      return { at: () => content, each: none, names: none, fault: () => content.why };
  }
}

function* none(): Generator<never> {}

const noFault = () => null;

function jsonValues(json: JsonText): BodyValues {
  const finderFrom = (from: number) => (path: string) => {
    const node = json.find(path, from);
    return node === -1 ? null : checked(json.valueOf(node), path);
  };
  return {
    at: finderFrom(0),
    *each(path) {
      const list = json.find(path);
      if (list !== -1) for (const item of json.itemsOf(list)) yield finderFrom(item);
    },
    names: () => json.namesOf(0),
    fault: noFault,
  };
}

function formValues(fields: readonly FormValue[]): BodyValues {
  let payload: BodyValues | null = null;
  const find = (name: string) => fields.findLast((field) => field.name === name);
  return {
    at(path) {
      const field = find(path);
      if (field !== undefined) return textOrWhy(field, path);
      payload ??= payloadValues(find("payload"));
      return payload.at(path);
    },
    each: none,
    *names() {
      for (const { name } of fields) if (name !== null) yield name;
    },
    fault: noFault,
  };
}

function textOrWhy({ value }: FormValue, name: string): BodyValue {
  return value === null
    ? unreadable(`The form field “${name}” is not valid text.`)
    : { kind: "text", text: value };
}

/** Of a field that holds no JSON nothing is found, as of none. */
function payloadValues(field: FormValue | undefined): BodyValues {
  const value = field === undefined ? null : textOrWhy(field, "payload");
  if (value?.kind === "unreadable") return valuesOf(value);
  const json = readJson(new TextEncoder().encode(value?.text ?? ""));
  if (json === "syntax") return valuesOf({ kind: "empty" });
  if (json === "depth") return valuesOf({ kind: "unreadable", why: TOO_DEEP });
  return jsonValues(json);
}

/** Half of a surrogate pair cannot be stored: two different texts would become one. */
function checked(value: JsonValue, path: string): BodyValue {
  if (value.kind !== "text" || value.text.isWellFormed()) return value;
  return unreadable(`The text at “${path}” is not valid Unicode.`);
}

function unreadable(why: string): BodyValue {
  return { kind: "unreadable", why };
}
