/**
 * Reads the values that event types, deduplication, lanes and verification need from a body, with one bounded parse.
 */
import { type BodyContent, type BodyHead, readContent, WHY_UNREAD } from "./body-content.ts";
import type { FormValue } from "./form-values.ts";
import { type JsonText, type JsonValue, readJson } from "./json-text.ts";

/** "unreadable": there may be a value, but the body or this part of it cannot be read. */
export type BodyValue = JsonValue | Readonly<{ kind: "unreadable"; why: string }>;

/** Returns the value at a path such as "data.items.0.id"; null if there is none. */
type ValueFinder = (path: string) => BodyValue | null;

export type BodyValues = Readonly<{
  /**
   * Returns the value at a path in JSON. In a form, returns the last field of that name; if there is none, the value at
   * the path in the JSON of the field `payload`, which GitHub and Slack use.
   */
  at: ValueFinder;
  /** Yields a finder for each item of the JSON list at the path; nothing if there is no list. */
  each: (path: string) => Generator<ValueFinder>;
  /** Yields the names of the JSON object's members or the form's fields. */
  names: () => Generator<string>;
  /** Returns why the whole body cannot be read; null if it can. */
  fault: () => string | null;
  /** All of it, for who looks at more than single paths. */
  content: () => BodyContent;
}>;

const VALUES = Symbol("values");
type ReadBody = Uint8Array & { [VALUES]?: BodyValues | undefined };

/** Parses each body at most once, when the first value is requested. */
export function bodyValuesOf(body: ReadBody, readHead: () => BodyHead): BodyValues {
  // Kept with the body: a WeakMap, which the collector goes through each time, took 6 µs of CPU an event.
  body[VALUES] ??= new UnreadYet(body, readHead);
  return body[VALUES];
}

/** Call it once a body has been read for all that is known of it: it may be kept for long, and what was read need not be. */
export function forgetValues(body: ReadBody): void {
  if (body[VALUES] !== undefined) body[VALUES] = undefined;
}

class UnreadYet implements BodyValues {
  readonly #body: Uint8Array;
  readonly #readHead: () => BodyHead;
  #read: BodyValues | null = null;

  constructor(body: Uint8Array, readHead: () => BodyHead) {
    this.#body = body;
    this.#readHead = readHead;
  }

  #values(): BodyValues {
    this.#read ??= valuesOf(readContent(this.#body, this.#readHead()));
    return this.#read;
  }

  at(path: string): BodyValue | null {
    return this.#values().at(path);
  }

  each(path: string): Generator<ValueFinder> {
    return this.#values().each(path);
  }

  names(): Generator<string> {
    return this.#values().names();
  }

  fault(): string | null {
    return this.#values().fault();
  }

  content(): BodyContent {
    return this.#values().content();
  }
}

function valuesOf(content: BodyContent): BodyValues {
  switch (content.kind) {
    case "json":
      return new InJson(content.json);
    case "form":
      return formValues(content);
    case "empty":
      return { at: () => null, each: none, names: none, fault: noFault, content: () => content };
    case "unreadable":
      return { at: () => content, each: none, names: none, fault: () => content.why, content: () => content };
  }
}

function* none(): Generator<never> {}

const noFault = () => null;

class InJson implements BodyValues {
  readonly #json: JsonText;

  constructor(json: JsonText) {
    this.#json = json;
  }

  at(path: string): BodyValue | null {
    return this.#below(0, path);
  }

  *each(path: string): Generator<ValueFinder> {
    const list = this.#json.find(path);
    if (list === -1) return;
    for (const item of this.#json.itemsOf(list)) yield (inItem) => this.#below(item, inItem);
  }

  names(): Generator<string> {
    return this.#json.namesOf(0);
  }

  fault(): null {
    return null;
  }

  content(): BodyContent {
    return { kind: "json", json: this.#json };
  }

  #below(from: number, path: string): BodyValue | null {
    const node = this.#json.find(path, from);
    if (node === -1) return null;
    if (this.#json.isTooLong(node)) return unreadable(`The text at “${path}” is longer than 512 KiB.`);
    return checked(this.#json.valueOf(node), path);
  }
}

function formValues(content: Extract<BodyContent, { kind: "form" }>): BodyValues {
  const { fields } = content;
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
    content: () => content,
  };
}

function textOrWhy({ value }: FormValue, name: string): BodyValue {
  return value === null
    ? unreadable(`The form field “${name}” is not valid text.`)
    : { kind: "text", text: value };
}

/** Values in the JSON of the `payload` field; none if the field is absent or not JSON. */
function payloadValues(field: FormValue | undefined): BodyValues {
  const value = field === undefined ? null : textOrWhy(field, "payload");
  if (value?.kind === "unreadable") return valuesOf(value);
  const json = readJson(new TextEncoder().encode(value?.text ?? ""));
  if (json === "syntax") return valuesOf({ kind: "empty" });
  if (typeof json === "string") return valuesOf({ kind: "unreadable", why: WHY_UNREAD[json] });
  return new InJson(json);
}

/** A lone surrogate cannot be stored: two different texts would become the same. */
function checked(value: JsonValue, path: string): BodyValue {
  if (value.kind !== "text" || value.text.isWellFormed()) return value;
  return unreadable(`The text at “${path}” is not valid Unicode.`);
}

function unreadable(why: string): BodyValue {
  return { kind: "unreadable", why };
}
