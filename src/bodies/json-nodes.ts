/** Checks JSON in one forward pass and notes where each of its values stands; no objects are built. */
import { endOfScalar, endOfString, skipSpace } from "./json-lexer.ts";

/** Deeper JSON is not read. Events of real senders have fewer than 30 levels. */
export const MAX_JSON_DEPTH = 128;

/**
 * One number for each name and value, in the order of the text: the byte that it starts at, doubled, and one more for
 * a text with escapes. A list or an object has a second one: the place of the node after all that is in it. A value
 * of an object follows its name.
 */
export type JsonNodes = Int32Array;

export type JsonFault = "syntax" | "depth";

export const OPEN_LIST = 0x5b;
export const OPEN_OBJECT = 0x7b;
const CLOSE_LIST = 0x5d;
const CLOSE_OBJECT = 0x7d;
const COLON = 0x3a;
const COMMA = 0x2c;

/** Nodes of what is shorter are collected here first: fresh memory for each would take as long as the reading. */
const SMALL_BYTES = 16 * 1024;
const shared = new Int32Array(mostNumbers(SMALL_BYTES));
/** The lists and objects that are open, from the outermost. */
const open = new Int32Array(MAX_JSON_DEPTH);

/** "[]," takes three bytes for two numbers; a bracket that stays open takes one. */
function mostNumbers(bytes: number): number {
  return bytes - (bytes >> 2) + 2 * MAX_JSON_DEPTH + 2;
}

/** Takes all that JSON.parse takes, up to MAX_JSON_DEPTH. Some 5 ms for 1 MiB of the worst JSON, and 4 MB. */
export function collectJsonNodes(json: Uint8Array): JsonNodes | JsonFault {
  const isSmall = json.byteLength <= SMALL_BYTES;
  const nodes = isSmall ? shared : new Int32Array(mostNumbers(json.byteLength));
  let [depth, used] = [0, 0];
  let isInObject = false;
  // Right behind an opening bracket only.
  let mayClose = false;
  let at = skipSpace(json, 0);
  for (;;) {
    const isEmpty = mayClose && json[at] === (isInObject ? CLOSE_OBJECT : CLOSE_LIST);
    if (!isEmpty) {
      if (isInObject) {
        const end = endOfString(json, at);
        if (end === 0) return "syntax";
        nodes[used++] = numberOf(at, end);
        at = skipSpace(json, Math.abs(end));
        if (json[at] !== COLON) return "syntax";
        at = skipSpace(json, at + 1);
      }
      const first = json[at];
      mayClose = first === OPEN_LIST || first === OPEN_OBJECT;
      if (mayClose) {
        if (depth === MAX_JSON_DEPTH) return "depth";
        open[depth++] = used;
        nodes[used] = at * 2;
        used += 2;
        isInObject = first === OPEN_OBJECT;
        at = skipSpace(json, at + 1);
        continue;
      }
      const end = endOfScalar(json, at);
      if (end === 0) return "syntax";
      nodes[used++] = numberOf(at, end);
      at = skipSpace(json, Math.abs(end));
    }
    mayClose = false;
    while (depth > 0 && json[at] === (isInObject ? CLOSE_OBJECT : CLOSE_LIST)) {
      nodes[(open[--depth] ?? 0) + 1] = used;
      isInObject = depth > 0 && json[(nodes[open[depth - 1] ?? 0] ?? 0) >> 1] === OPEN_OBJECT;
      at = skipSpace(json, at + 1);
    }
    if (depth === 0) {
      if (at !== json.byteLength) return "syntax";
      return isSmall ? nodes.slice(0, used) : nodes;
    }
    if (json[at] !== COMMA) return "syntax";
    at = skipSpace(json, at + 1);
  }
}

/** `end` as the lexer gives it. */
function numberOf(start: number, end: number): number {
  return end < 0 ? start * 2 + 1 : start * 2;
}
