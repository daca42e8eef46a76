/** Values that filters look at: one view of a JSON body, a form, a header or the query. */
import type { JsonKind, JsonText, Work } from "../bodies/json-text.ts";
import type { FieldName } from "./condition.ts";

/** "unreadable": there may be something, but it cannot be read. */
export type ValueKind = JsonKind | "missing" | "unreadable";

/** A value of an event, read as far as it is asked for. */
export interface FilterValue {
  readonly kind: ValueKind;
  /** A text's characters; a number, true, false or null as written; why a value is unreadable; else "". */
  text(): string;
  /** A missing value where this is no object, or has no such member. */
  member(name: FieldName): FilterValue;
  /** Calls `visit` with each item of a list, in order, until it returns true. */
  someItem(visit: (item: FilterValue) => boolean): void;
  /** The names in an object, perhaps with repeats; none of anything else. */
  names(): Iterable<string>;
}

class Leaf implements FilterValue {
  readonly kind: ValueKind;
  readonly #text: string;

  constructor(kind: ValueKind, text = "") {
    this.kind = kind;
    this.#text = text;
  }

  text(): string {
    return this.#text;
  }

  member(_name: FieldName): FilterValue {
    return MISSING;
  }

  someItem(_visit: (item: FilterValue) => boolean): void {}

  names(): Iterable<string> {
    return [];
  }
}

export const MISSING: FilterValue = new Leaf("missing");

export function textValue(text: string): FilterValue {
  return new Leaf("text", text);
}

export function unreadableValue(why: string): FilterValue {
  return new Leaf("unreadable", why);
}

class ListOf extends Leaf {
  readonly #values: readonly FilterValue[];

  constructor(values: readonly FilterValue[]) {
    super("list");
    this.#values = values;
  }

  override someItem(visit: (item: FilterValue) => boolean): void {
    this.#values.some(visit);
  }
}

/** Values of one name, as in a query: a list if there are several; else the value itself. */
export function oneOrList(values: readonly FilterValue[]): FilterValue {
  const [first] = values;
  return values.length === 1 && first !== undefined ? first : new ListOf(values);
}

export type Members = Readonly<{
  /** Undefined where there is none. */
  find: (name: FieldName) => FilterValue | undefined;
  names: () => Iterable<string>;
}>;

class ObjectOf extends Leaf {
  readonly #members: Members;

  constructor(members: Members) {
    super("object");
    this.#members = members;
  }

  override member(name: FieldName): FilterValue {
    return this.#members.find(name) ?? MISSING;
  }

  override names(): Iterable<string> {
    return this.#members.names();
  }
}

export function objectValue(members: Members): FilterValue {
  return new ObjectOf(members);
}

/** Characters of a text that count as one piece of work. */
const CHARACTERS_A_PIECE = 64;

/** Stands for what is not looked at any more, as all of the work is spent. */
export const TOO_MUCH = unreadableValue("The body has too much in it for this filter.");

const TOO_LONG = unreadableValue("A text in the body is longer than 512 KiB.");

class InJson implements FilterValue {
  readonly kind: ValueKind;
  readonly #json: JsonText;
  readonly #node: number;
  readonly #work: Work;

  constructor(json: JsonText, node: number, work: Work) {
    this.kind = json.kindOf(node);
    this.#json = json;
    this.#node = node;
    this.#work = work;
  }

  text(): string {
    const text = this.#json.textOf(this.#node);
    this.#work.left -= Math.floor(text.length / CHARACTERS_A_PIECE);
    return text;
  }

  member(name: FieldName): FilterValue {
    if (this.#work.left < 0) return TOO_MUCH;
    const node = this.#json.member(this.#node, name.bytes, this.#work);
    return node === -1 ? MISSING : valueIn(this.#json, node, this.#work);
  }

  someItem(visit: (item: FilterValue) => boolean): void {
    this.#json.someItem(this.#node, (node) => {
      if (this.#work.left >= 0) return visit(valueIn(this.#json, node, this.#work));
      visit(TOO_MUCH);
      return true;
    });
  }

  names(): Iterable<string> {
    return this.#json.namesOf(this.#node);
  }
}

function valueIn(json: JsonText, node: number, work: Work): FilterValue {
  return json.isTooLong(node) ? TOO_LONG : new InJson(json, node, work);
}

/** The whole of a JSON text; what is read of it is taken from `work`. */
export function jsonValue(json: JsonText, work: Work): FilterValue {
  return valueIn(json, 0, work);
}
