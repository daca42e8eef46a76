/** Finds values in JSON by their paths: numbers keep the text they are written with, and no objects are built. */
import { BACKSLASH, endOfScalar, escapeWidth, QUOTE, unescaped } from "./json-lexer.ts";
import { collectJsonNodes, type JsonFault, OPEN_LIST, OPEN_OBJECT } from "./json-nodes.ts";

export type JsonKind = "text" | "number" | "boolean" | "null" | "object" | "list";

/** `text` is what is written: a number's digits, a text's characters with their escapes resolved; "" for a list and an object. */
export type JsonValue = Readonly<{ kind: JsonKind; text: string }>;

/** The values of a JSON text; one of them is named by its node, a number. */
export type JsonText = Readonly<{
  /**
   * The node at a path of names and places such as "data.items.0.id", below `from` or the whole; -1 where there is
   * none. Where an object has a name twice the last one counts, as for JSON.parse and most receivers.
   */
  find: (path: string, from?: number) => number;
  valueOf: (node: number) => JsonValue;
  /** The nodes in a list, in order; none for anything else. */
  itemsOf: (node: number) => Generator<number>;
  /** The names in an object, in order and with repeats; none for anything else. */
  namesOf: (node: number) => Generator<string>;
}>;

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
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** `json` is valid UTF-8. All of it is checked: in what is no JSON nothing is found. Bound its length. */
export function readJson(json: Uint8Array): JsonText | JsonFault {
  const nodes = collectJsonNodes(json);
  if (typeof nodes === "string") return nodes;
  const startOf = (node: number) => (nodes[node] ?? 0) >> 1;
  const hasEscapes = (node: number) => ((nodes[node] ?? 0) & 1) === 1;
  const isObject = (node: number) => json[startOf(node)] === OPEN_OBJECT;
  const isList = (node: number) => json[startOf(node)] === OPEN_LIST;
  const after = (node: number) => (isObject(node) || isList(node) ? (nodes[node + 1] ?? 0) : node + 1);
  const slice = (from: number, to: number) => decoder.decode(json.subarray(from, to));

  function stringAt(node: number): string {
    const start = startOf(node);
    const end = Math.abs(endOfScalar(json, start));
    return hasEscapes(node) ? String(JSON.parse(slice(start, end))) : slice(start + 1, end - 1);
  }

  function memberOf(object: number, step: string): number {
    const name = encoder.encode(step);
    const end = after(object);
    let found = -1;
    for (let node = object + 2; node < end; node = after(node + 1)) {
      const start = startOf(node) + 1;
      if (hasEscapes(node) ? isEscaped(json, start, name) : isPlain(json, start, name)) found = node + 1;
    }
    return found;
  }

  function itemOf(list: number, step: string): number {
    if (!INDEX.test(step)) return -1;
    const end = after(list);
    let node = list + 2;
    for (let left = Number(step); left > 0 && node < end; left--) node = after(node);
    return node < end ? node : -1;
  }

  return {
    find(path, from = 0) {
      let node = from;
      for (const step of path.split(".")) {
        if (isObject(node)) node = memberOf(node, step);
        else node = isList(node) ? itemOf(node, step) : -1;
        if (node === -1) return -1;
      }
      return node;
    },
    valueOf(node) {
      const start = startOf(node);
      const kind = KINDS[json[start] ?? 0] ?? "number";
      if (kind === "text") return { kind, text: stringAt(node) };
      // What is in a list or an object is asked for by its own path.
      const isOne = kind !== "list" && kind !== "object";
      return { kind, text: isOne ? slice(start, endOfScalar(json, start)) : "" };
    },
    *itemsOf(node) {
      if (!isList(node)) return;
      const end = after(node);
      for (let item = node + 2; item < end; item = after(item)) yield item;
    },
    *namesOf(node) {
      if (!isObject(node)) return;
      const end = after(node);
      for (let name = node + 2; name < end; name = after(name + 1)) yield stringAt(name);
    },
  };
}

/** Whether the characters of a text from `start` to its closing quote are `name`. */
function isPlain(json: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let place = 0; place < name.byteLength; place++) {
    const byte = json[start + place];
    // A quote ends the text, whatever the name has there.
    if (byte !== name[place] || byte === QUOTE) return false;
  }
  return json[start + name.byteLength] === QUOTE;
}

/** As `isPlain`, for a text with escapes; makes no string of it, as a body may have 100,000 such names. */
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
    const isHigh = (unit & 0xfc00) === 0xd800 && json[at] === BACKSLASH;
    const low = isHigh ? unescaped(json, at) : 0;
    const isPair = (low & 0xfc00) === 0xdc00;
    if (isPair) at += escapeWidth(json, at);
    const character = isPair ? String.fromCharCode(unit, low) : String.fromCharCode(unit);
    for (const byte of encoder.encode(character)) if (byte !== name[place++]) return false;
  }
  return json[at] === QUOTE;
}
