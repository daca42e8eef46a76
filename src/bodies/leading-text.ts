/**
 * Finds a text at the top of a JSON object by a list of names, in one pass that reads nothing else. Nested values are
 * passed by their brackets and quotes alone: a body of 1 KB takes 1 µs, and its nodes (json-nodes.ts) 4 to 6.
 */
import { BACKSLASH, endOfScalar, endOfString, QUOTE, skipSpace, sliceText } from "./json-lexer.ts";
import { OPEN_LIST, OPEN_OBJECT } from "./json-nodes.ts";

const COLON = 0x3a;
const COMMA = 0x2c;
const CLOSE_LIST = 0x5d;
const CLOSE_OBJECT = 0x7d;

/** Looking at more members of a hostile body would hold the event loop. */
const MOST_MEMBERS = 10_000;

/** An escape such as \u0041 takes so many bytes for one character. */
const ESCAPE_BYTES = 6;

/** Names in order of precedence. `rankOf` returns `count` for any other name. */
export type RankedNames = Readonly<{
  rankOf: (json: Uint8Array, start: number, end: number) => number;
  count: number;
}>;

export function rankNames(names: readonly string[]): RankedNames {
  const known = names.map((name) => new TextEncoder().encode(name));
  return {
    count: names.length,
    rankOf(json, start, end) {
      for (let rank = 0; rank < known.length; rank++) {
        const name = known[rank];
        if (name !== undefined && name.byteLength === end - start && isAt(json, start, name)) return rank;
      }
      return known.length;
    },
  };
}

function isAt(json: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let place = 0; place < name.byteLength; place++) if (json[start + place] !== name[place]) return false;
  return true;
}

/**
 * Returns the text of the highest-ranking name that has one of 1 to `longest` characters; null if there is none, or if
 * the JSON breaks off before that can be told. Stops at the first text of the first name. Names with escapes are passed
 * over. `json` must be valid UTF-8.
 */
export function findLeadingText(
  json: Uint8Array,
  { names, longest }: { names: RankedNames; longest: number },
): string | null {
  let at = skipSpace(json, 0);
  if (json[at] !== OPEN_OBJECT) return null;
  let best = names.count;
  let found: string | null = null;
  for (let member = 0; member < MOST_MEMBERS; member++) {
    const name = skipSpace(json, at + 1);
    const nameEnd = endOfString(json, name);
    if (nameEnd === 0) return null;
    at = skipSpace(json, Math.abs(nameEnd));
    if (json[at] !== COLON) return null;
    at = skipSpace(json, at + 1);
    const end = endOfValue(json, at);
    if (end === 0) return null;
    const rank = json[at] === QUOTE && nameEnd > 0 ? names.rankOf(json, name + 1, nameEnd - 1) : best;
    if (rank < best && Math.abs(end) - at - 2 <= longest * ESCAPE_BYTES) {
      const text = textBetween(json, at, end);
      if (text !== "" && text.length <= longest && text.isWellFormed()) {
        if (rank === 0) return text;
        best = rank;
        found = text;
      }
    }
    at = skipSpace(json, Math.abs(end));
    if (json[at] === CLOSE_OBJECT) return found;
    if (json[at] !== COMMA) return null;
  }
  return found;
}

/** `end` as the lexer returns it. */
function textBetween(json: Uint8Array, start: number, end: number): string {
  return end > 0 ? sliceText(json, start + 1, end - 1) : String(JSON.parse(sliceText(json, start, -end)));
}

/** As `endOfScalar`, for values of every kind. */
function endOfValue(json: Uint8Array, at: number): number {
  const first = json[at];
  return first === OPEN_OBJECT || first === OPEN_LIST ? endOfNested(json, at) : endOfScalar(json, at);
}

/** Returns where the list or object that starts at `start` ends; 0 if it does not. */
function endOfNested(json: Uint8Array, start: number): number {
  let depth = 0;
  let at = start;
  while (at < json.byteLength) {
    switch (json[at++]) {
      case OPEN_LIST:
      case OPEN_OBJECT:
        depth++;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        if (--depth === 0) return at;
        break;
      case QUOTE:
        at = endOfQuotes(json, at);
    }
  }
  return 0;
}

/** Longer strings are searched by the runtime: a call takes as long as a loop over this many bytes. */
const SHORT_STRING = 24;

/** Returns the index after the closing quote, or past the end. */
function endOfQuotes(json: Uint8Array, from: number): number {
  const short = Math.min(from + SHORT_STRING, json.byteLength);
  let at = from;
  while (at < short) {
    const byte = json[at++];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  for (;;) {
    const quote = json.indexOf(QUOTE, at);
    if (quote === -1) return json.byteLength;
    let before = quote;
    while (before > at && json[before - 1] === BACKSLASH) before--;
    if ((quote - before) % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}
