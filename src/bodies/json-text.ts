/** Finds values in JSON by path. Numbers keep their original text, and no objects are built. */
import { BACKSLASH, endOfScalar, escapeWidth, QUOTE, skipSpace, sliceText, unescaped } from "./json-lexer.ts";
import { collectJsonNodes, type JsonFault, type JsonNodes, OPEN_LIST, OPEN_OBJECT } from "./json-nodes.ts";

export type JsonKind = "text" | "number" | "boolean" | "null" | "object" | "list";

/** `text`: a number's digits as written, or a string's characters with escapes resolved; "" for a list or an object. */
export type JsonValue = Readonly<{ kind: JsonKind; text: string }>;

/** The remaining budget for looking up values; stop below 0. */
export type Work = { left: number };

const LETTER_T = 0x74;

/** Longer texts are not read: undoing the escapes of 1 MiB would hold the event loop for 6 ms. */
const LONGEST_TEXT = 512 * 1024;

const INDEX = /^(?:0|[1-9]\d{0,8})$/;

const KINDS: Readonly<Record<number, JsonKind>> = {
  34: "text",
  116: "boolean",
  102: "boolean",
  110: "null",
  [OPEN_OBJECT]: "object",
  [OPEN_LIST]: "list",
};

const encoder = new TextEncoder();

/** The values of a JSON text, each identified by its node, a number. */
export class JsonText {
  readonly #json: Uint8Array;
  readonly #nodes: JsonNodes;

  constructor(json: Uint8Array, nodes: JsonNodes) {
    this.#json = json;
    this.#nodes = nodes;
  }

  /**
   * Returns the node at a path of names and indexes such as "data.items.0.id", below `from`; -1 if there is none. The
   * last of several members with the same name counts, as for JSON.parse and most receivers.
   */
  find(path: string, from = 0): number {
    let node = from;
    for (const step of path.split(".")) {
      if (this.#isObject(node)) node = this.#memberOf(node, encoder.encode(step));
      else node = this.#isList(node) ? this.#itemOf(node, step) : -1;
      if (node === -1) return -1;
    }
    return node;
  }

  /** Returns whether a node is a text of more than 512 KiB as it is written. Its text must not be asked for then. */
  isTooLong(node: number): boolean {
    if (this.#json.byteLength <= LONGEST_TEXT || this.kindOf(node) !== "text") return false;
    const start = this.#startOf(node);
    return Math.abs(endOfScalar(this.#json, start)) - start - 2 > LONGEST_TEXT;
  }

  valueOf(node: number): JsonValue {
    return { kind: this.kindOf(node), text: this.textOf(node) };
  }

  kindOf(node: number): JsonKind {
    return KINDS[this.#json[this.#startOf(node)] ?? 0] ?? "number";
  }

  /** Returns the text of JsonValue. */
  textOf(node: number): string {
    const kind = this.kindOf(node);
    if (kind === "text") return this.#stringAt(node);
    // Content of lists and objects is read by its own path.
    if (kind === "list" || kind === "object") return "";
    const start = this.#startOf(node);
    if (kind !== "number") return this.#json[start] === LETTER_T ? "true" : kind === "null" ? kind : "false";
    return this.#slice(start, endOfScalar(this.#json, start));
  }

  /** Returns the node of a name (UTF-8) in an object, as `find` does; spends one unit of `work` per name passed. */
  member(object: number, name: Uint8Array, work: Work): number {
    return this.#isObject(object) ? this.#memberOf(object, name, work) : -1;
  }

  /** Returns the bytes of a node as they are written, whatever they are. */
  sourceOf(node: number): Uint8Array {
    return this.#json.subarray(this.#startOf(node), this.#endOf(node));
  }

  /** Yields the nodes in a list, in order; nothing for other kinds. */
  *itemsOf(node: number): Generator<number> {
    if (!this.#isList(node)) return;
    const end = this.#after(node);
    for (let item = node + 2; item < end; item = this.#after(item)) yield item;
  }

  /** Calls `visit` with each node in a list, in order, until it returns true. */
  someItem(node: number, visit: (item: number) => boolean): void {
    if (!this.#isList(node)) return;
    const end = this.#after(node);
    for (let item = node + 2; item < end; item = this.#after(item)) if (visit(item)) return;
  }

  /** Yields the names in an object, in order and with repeats; nothing for other kinds. */
  *namesOf(node: number): Generator<string> {
    if (!this.#isObject(node)) return;
    const end = this.#after(node);
    for (let name = node + 2; name < end; name = this.#after(name + 1)) yield this.#stringAt(name);
  }

  #startOf(node: number): number {
    return (this.#nodes[node] ?? 0) >> 1;
  }

  #hasEscapes(node: number): boolean {
    return ((this.#nodes[node] ?? 0) & 1) === 1;
  }

  #isObject(node: number): boolean {
    return this.#json[this.#startOf(node)] === OPEN_OBJECT;
  }

  #isList(node: number): boolean {
    return this.#json[this.#startOf(node)] === OPEN_LIST;
  }

  #after(node: number): number {
    return this.#isObject(node) || this.#isList(node) ? (this.#nodes[node + 1] ?? 0) : node + 1;
  }

  /** The end of a list or object is behind its last value. */
  #endOf(node: number): number {
    const start = this.#startOf(node);
    const isObject = this.#isObject(node);
    if (!isObject && !this.#isList(node)) return Math.abs(endOfScalar(this.#json, start));
    const end = this.#after(node);
    let last = -1;
    for (let next = node + 2; next < end; next = this.#after(last)) last = isObject ? next + 1 : next;
    return skipSpace(this.#json, last === -1 ? start + 1 : this.#endOf(last)) + 1;
  }

  #slice(from: number, to: number): string {
    return sliceText(this.#json, from, to);
  }

  #stringAt(node: number): string {
    const start = this.#startOf(node);
    if (!this.#hasEscapes(node)) return this.#slice(start + 1, this.#json.indexOf(QUOTE, start + 1));
    return String(JSON.parse(this.#slice(start, Math.abs(endOfScalar(this.#json, start)))));
  }

  #memberOf(object: number, name: Uint8Array, work: Work | null = null): number {
    const json = this.#json;
    const end = this.#after(object);
    let found = -1;
    for (let node = object + 2; node < end; node = this.#after(node + 1)) {
      if (work !== null) work.left--;
      const start = this.#startOf(node) + 1;
      const isNamed = this.#hasEscapes(node) ? isEscaped(json, start, name) : isPlain(json, start, name);
      if (isNamed) found = node + 1;
    }
    return found;
  }

  #itemOf(list: number, step: string): number {
    if (!INDEX.test(step)) return -1;
    const end = this.#after(list);
    let node = list + 2;
    for (let left = Number(step); left > 0 && node < end; left--) node = this.#after(node);
    return node < end ? node : -1;
  }
}

/** `json` must be valid UTF-8 of bounded length. All of it is validated: nothing is found in invalid JSON. */
export function readJson(json: Uint8Array): JsonText | JsonFault {
  const nodes = collectJsonNodes(json);
  return typeof nodes === "string" ? nodes : new JsonText(json, nodes);
}

/** Returns whether the string from `start` to its closing quote is `name`. */
function isPlain(json: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let place = 0; place < name.byteLength; place++) {
    const byte = json[start + place];
    // A quote ends the string, whatever the name has there.
    if (byte !== name[place] || byte === QUOTE) return false;
  }
  return json[start + name.byteLength] === QUOTE;
}

/** Like `isPlain`, for a string with escapes. It creates no string, because a body can have 100,000 such names. */
function isEscaped(json: Uint8Array, start: number, name: Uint8Array): boolean {
  let at = start;
  let place = 0;
  while (place < name.byteLength) {
    const byte = json[at];
    if (byte !== BACKSLASH) {
      if (byte !== name[place++] || byte === QUOTE) return false;
      at++;
      continue;
    }
    const unit = unescaped(json, at);
    at += escapeWidth(json, at);
    if (unit < 0x80) {
      if (unit !== name[place++]) return false;
      continue;
    }
    // Most names differ by their first character.
    if ((name[place] ?? 0) < 0x80) return false;
    const isHigh = (unit & 0xfc00) === 0xd800 && json[at] === BACKSLASH;
    const low = isHigh ? unescaped(json, at) : 0;
    const isPair = (low & 0xfc00) === 0xdc00;
    if (isPair) at += escapeWidth(json, at);
    const character = isPair ? String.fromCharCode(unit, low) : String.fromCharCode(unit);
    for (const byte of encoder.encode(character)) if (byte !== name[place++]) return false;
  }
  return json[at] === QUOTE;
}
