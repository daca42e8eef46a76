/** Parses application/x-www-form-urlencoded bodies without guessing at their characters. */
import { hexDigit } from "./json-lexer.ts";

/** Larger forms, and forms with more fields, are not read. PHP, Express and Django have the same default for fields. */
export const MAX_FORM_BYTES = 256 * 1024;
export const MAX_FORM_FIELDS = 1_000;

/** A name or value is null if its bytes are not valid in the form's charset. */
export type FormValue = Readonly<{ name: string | null; value: string | null }>;

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;
const NOTHING = new Uint8Array(0);

const FORM_TYPE = /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i;

export function isFormType(contentType: string): boolean {
  return FORM_TYPE.test(contentType);
}

/**
 * Returns the fields in order, with repeats; null for a form beyond the limits. `decode` returns null for invalid
 * bytes.
 */
export function readFormValues(
  form: Uint8Array,
  decode: (bytes: Uint8Array) => string | null,
): readonly FormValue[] | null {
  if (form.byteLength > MAX_FORM_BYTES) return null;
  const values: FormValue[] = [];
  let start = 0;
  for (;;) {
    while (form[start] === AMPERSAND) start++;
    if (start >= form.byteLength) return values;
    if (values.length === MAX_FORM_FIELDS) return null;
    const mark = form.indexOf(AMPERSAND, start);
    const field = form.subarray(start, mark === -1 ? form.byteLength : mark);
    const equals = field.indexOf(EQUALS);
    const name = equals === -1 ? field : field.subarray(0, equals);
    const value = equals === -1 ? NOTHING : field.subarray(equals + 1);
    values.push({ name: decode(unescapeForm(name)), value: decode(unescapeForm(value)) });
    start += field.byteLength;
  }
}

/** Decodes form escapes. As in the URL standard, invalid escapes stay as they are. */
export function unescapeForm(escaped: Uint8Array): Uint8Array {
  if (!escaped.includes(PERCENT) && !escaped.includes(PLUS)) return escaped;
  const bytes = new Uint8Array(escaped.byteLength);
  let length = 0;
  for (let at = 0; at < escaped.byteLength; at++) {
    const byte = escaped[at] ?? 0;
    const high = byte === PERCENT ? hexDigit(escaped[at + 1]) : -1;
    const low = high === -1 ? -1 : hexDigit(escaped[at + 2]);
    if (low === -1) bytes[length++] = byte === PLUS ? SPACE : byte;
    else {
      bytes[length++] = high * 16 + low;
      at += 2;
    }
  }
  return bytes.subarray(0, length);
}
