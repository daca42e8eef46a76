/**
 * Finds the ends of JSON tokens (RFC 8259) in bytes of UTF-8; each function is one forward pass. Text for display may
 * be truncated and has its own lexer (json-scalars.ts): telling truncated from invalid JSON here would slow ingest down.
 */

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const encoder = new TextEncoder();
const TRUE = encoder.encode("true");
const FALSE = encoder.encode("false");
const NULL = encoder.encode("null");

/**
 * Returns the text from one byte to another. Takes less than a TextDecoder; a Buffer over the same bytes would take
 * longer to make than all slices of a body.
 */
export function sliceText(utf8: Uint8Array, from: number, to: number): string {
  return Buffer.prototype.utf8Slice.call(utf8, from, to);
}

export function skipSpace(json: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const byte = json[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    at++;
  }
}

/**
 * Returns where the string, number or literal that starts at `at` ends; negative for a string with escapes, 0 if there
 * is none.
 */
export function endOfScalar(json: Uint8Array, at: number): number {
  switch (json[at]) {
    case QUOTE:
      return endOfString(json, at);
    case 0x74:
      return endOfWord(json, at, TRUE);
    case 0x66:
      return endOfWord(json, at, FALSE);
    case 0x6e:
      return endOfWord(json, at, NULL);
    default:
      return endOfNumber(json, at);
  }
}

/** Like `endOfScalar`, for a string only. */
export function endOfString(json: Uint8Array, start: number): number {
  if (json[start] !== QUOTE) return 0;
  let at = start + 1;
  let sign = 1;
  for (;;) {
    at = endOfPlain(json, at);
    if (json[at] === QUOTE) return sign * (at + 1);
    if (json[at] !== BACKSLASH || !isEscape(json, at)) return 0;
    sign = -1;
    at += escapeWidth(json, at);
  }
}

/** 1 for what ends a stretch of plain characters: a quote, a backslash, a control character. */
const isStop = new Uint8Array(256).fill(1, 0, 0x20);
isStop[QUOTE] = 1;
isStop[BACKSLASH] = 1;

/** Returns the first stop from `from`, or the end of the bytes. Four at a time: a quarter of the time that one by one takes. */
function endOfPlain(json: Uint8Array, from: number): number {
  const end = json.byteLength;
  let at = from;
  while (
    at + 4 <= end &&
    (stopAt(json, at) | stopAt(json, at + 1) | stopAt(json, at + 2) | stopAt(json, at + 3)) === 0
  )
    at += 4;
  while (at < end && stopAt(json, at) === 0) at++;
  return at;
}

function stopAt(json: Uint8Array, at: number): number {
  return isStop[json[at] as number] as number;
}

function isEscape(json: Uint8Array, at: number): boolean {
  switch (json[at + 1]) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return true;
    case LETTER_U:
      for (let digit = at + 2; digit < at + 6; digit++) if (hexDigit(json[digit]) === -1) return false;
      return true;
    default:
      return false;
  }
}

/** Returns the length in bytes of the escape that starts at `at`. */
export function escapeWidth(json: Uint8Array, at: number): number {
  return json[at + 1] === LETTER_U ? 6 : 2;
}

/** Returns the UTF-16 code unit of the escape at `at`, which `endOfString` must have accepted. */
export function unescaped(json: Uint8Array, at: number): number {
  const byte = json[at + 1] ?? 0;
  switch (byte) {
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    case LETTER_U: {
      let unit = 0;
      for (let digit = at + 2; digit < at + 6; digit++) unit = unit * 16 + hexDigit(json[digit]);
      return unit;
    }
    default:
      return byte;
  }
}

function endOfWord(json: Uint8Array, start: number, word: Uint8Array): number {
  for (let place = 1; place < word.byteLength; place++) if (json[start + place] !== word[place]) return 0;
  return start + word.byteLength;
}

function endOfNumber(json: Uint8Array, start: number): number {
  let at = json[start] === 0x2d ? start + 1 : start;
  at = json[at] === 0x30 ? at + 1 : endOfDigits(json, at);
  if (at === 0) return 0;
  if (json[at] === 0x2e) {
    at = endOfDigits(json, at + 1);
    if (at === 0) return 0;
  }
  if (json[at] !== 0x65 && json[at] !== 0x45) return at;
  const sign = json[at + 1];
  return endOfDigits(json, sign === 0x2b || sign === 0x2d ? at + 2 : at + 1);
}

/** 0 if there are no digits. */
function endOfDigits(json: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const byte = json[at] ?? 0;
    if (byte < 0x30 || byte > 0x39) return at === start ? 0 : at;
    at++;
  }
}

/** Returns the value of a hex digit; -1 for anything else. */
export function hexDigit(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
