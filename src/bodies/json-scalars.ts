/**
 * Finds the ends of strings, numbers and literals of JSON in text that may be truncated, without decoding them. The
 * byte lexer of ingest (json-lexer.ts) does not serve both: it would have to distinguish invalid from truncated JSON.
 */

/** The index after the token; "early" if the text ends first, "broken" if it is not JSON. */
export type JsonEnd = number | "early" | "broken";

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** Prefixes of numbers. */
const PART_OF_NUMBER = /-?[0-9.]*(?:[eE][+-]?)?/y;
const HEX4 = /[0-9a-fA-F]{4}/y;
const LITERALS = ["true", "false", "null"];
const ESCAPES = '"\\/bfnrt';

export function endOfJsonScalar(source: string, at: number): JsonEnd {
  const char = source[at] ?? "";
  if (char === '"') return endOfString(source, at);
  return char >= "a" ? endOfLiteral(source, at) : endOfNumber(source, at);
}

export function skipJsonSpace(source: string, from: number): number {
  let at = from;
  while (isSpace(source.charCodeAt(at))) at++;
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** A loop, because a long string overflows a regular expression's stack. */
function endOfString(source: string, start: number): JsonEnd {
  for (let at = start + 1; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20) return "broken";
    if (code !== 0x5c) continue;
    at++;
    if (source[at] !== "u") {
      if (at < source.length && !ESCAPES.includes(source[at] ?? "")) return "broken";
    } else if (endOf(HEX4, source, at + 1) > 0) at += 4;
    else return at + 4 < source.length ? "broken" : "early";
  }
  return "early";
}

function endOfNumber(source: string, at: number): JsonEnd {
  const end = endOf(NUMBER, source, at);
  const most = endOf(PART_OF_NUMBER, source, at);
  if (most === source.length && end !== most && most > at) return "early";
  return end > 0 ? end : "broken";
}

function endOfLiteral(source: string, at: number): JsonEnd {
  for (const literal of LITERALS) {
    if (source.startsWith(literal, at)) return at + literal.length;
    if (literal.startsWith(source.slice(at, at + literal.length))) return "early";
  }
  return "broken";
}

function endOf(pattern: RegExp, source: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(source) ? pattern.lastIndex : 0;
}
