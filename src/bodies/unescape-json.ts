/**
 * Undoes JSON escapes in UTF-8 piece by piece, for valid and invalid JSON; anything that is not an escape stays as it
 * is.
 */
import { hexDigit } from "./json-lexer.ts";

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
/** An escape is never shorter than its character, which has at most the four bytes of a surrogate pair. */
const LONGEST_CHARACTER = 4;
const SHORT: Readonly<Record<number, number>> = {
  34: 0x22,
  92: 0x5c,
  47: 0x2f,
  98: 0x08,
  102: 0x0c,
  110: 0x0a,
  114: 0x0d,
  116: 0x09,
};
const REPLACEMENT = 0xfffd;

/** Writes into `out` from `start` what `json` contains from `from`; `next` is where to continue. */
export function unescapeJson(
  json: Uint8Array,
  from: number,
  out: Uint8Array,
  start: number,
): Readonly<{ next: number; length: number }> {
  const room = out.length - LONGEST_CHARACTER;
  let at = from;
  let length = start;
  while (at < json.length && length <= room) {
    const byte = json[at] ?? 0;
    const escaped = byte === BACKSLASH ? (json[at + 1] ?? 0) : 0;
    const short = SHORT[escaped];
    if (short !== undefined) {
      out[length++] = short;
      at += 2;
      continue;
    }
    const unit = escaped === LETTER_U ? unitAt(json, at) : -1;
    if (unit === -1) {
      out[length++] = byte;
      at++;
      continue;
    }
    const low = isHigh(unit) && json[at + 6] === BACKSLASH ? unitAt(json, at + 6) : -1;
    const isPair = low >= 0xdc00 && low <= 0xdfff;
    const point = isPair ? 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : unit;
    length = encode(point >= 0xd800 && point <= 0xdfff ? REPLACEMENT : point, out, length);
    at += isPair ? 12 : 6;
  }
  return { next: at, length };
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** Returns the code unit of the \uXXXX at `at`; -1 if there is none. */
function unitAt(json: Uint8Array, at: number): number {
  if (json[at + 1] !== LETTER_U) return -1;
  let unit = 0;
  for (let place = at + 2; place < at + 6; place++) {
    const digit = hexDigit(json[place]);
    if (digit === -1) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

/** Writes a character's UTF-8 and returns where it ends. */
function encode(point: number, out: Uint8Array, start: number): number {
  let at = start;
  if (point < 0x80) out[at++] = point;
  else if (point < 0x800) {
    out[at++] = 0xc0 | (point >> 6);
    out[at++] = 0x80 | (point & 0x3f);
  } else if (point < 0x10000) {
    out[at++] = 0xe0 | (point >> 12);
    out[at++] = 0x80 | ((point >> 6) & 0x3f);
    out[at++] = 0x80 | (point & 0x3f);
  } else {
    out[at++] = 0xf0 | (point >> 18);
    out[at++] = 0x80 | ((point >> 12) & 0x3f);
    out[at++] = 0x80 | ((point >> 6) & 0x3f);
    out[at++] = 0x80 | (point & 0x3f);
  }
  return at;
}
