/** Produces a body's text for pages and searches: decompressed, decoded by its charset, unescaped. */
import { strictDecoder } from "./charset.ts";
import { isPacked, type Unpacked, unpackAside, unpackNow } from "./content-encoding.ts";
import { unescapeForm } from "./form-values.ts";

const FORM_TYPE = /^\s*application\/x-www-form-urlencoded\b/i;
const JSON_TYPE = /[/+]json\b/i;

export function isForm(contentType: string): boolean {
  return FORM_TYPE.test(contentType);
}

/** `begin` is the beginning of the text. */
export function mayBeJson(begin: string, contentType: string): boolean {
  return JSON_TYPE.test(contentType) || /^\s*[{[]/.test(begin);
}

/** Blocks the thread for up to 0.1 s. */
export function unpackShownNow(body: Uint8Array, contentEncoding: string): Unpacked {
  return isPacked(body, contentEncoding) ? unpackNow(body, contentEncoding) : { bytes: body };
}

/** Decompresses on another thread. Never rejects. */
export async function unpackShown(body: Uint8Array, contentEncoding: string): Promise<Unpacked> {
  return isPacked(body, contentEncoding) ? unpackAside(body, contentEncoding) : { bytes: body };
}

/**
 * Decodes at most `maxBytes`; null if the bytes are not valid in the charset. A character cut off at the limit is
 * dropped.
 */
export function decodeShown(bytes: Uint8Array, charset: string, maxBytes: number): string | null {
  const isWhole = bytes.length <= maxBytes;
  try {
    return strictDecoder(charset).decode(bytes.subarray(0, maxBytes), { stream: !isWhole });
  } catch {
    return null;
  }
}

/** Returns the text as UTF-8, or the bytes themselves if they are UTF-8; null if they are not valid in the charset. */
export function toUtf8(bytes: Uint8Array, charset: string): Uint8Array | null {
  const text = decodeShown(bytes, charset, bytes.length);
  if (text === null) return null;
  return strictDecoder(charset).encoding === "utf-8" ? bytes : new TextEncoder().encode(text);
}

const AMPERSAND = 0x26;
const EQUALS = 0x3d;

/** Yields the names and values of a form in order, unescaped and still in its charset. */
export function* formFields(form: Uint8Array): Generator<Readonly<{ name: Uint8Array; value: Uint8Array }>> {
  for (let start = 0; start < form.length; ) {
    const mark = form.indexOf(AMPERSAND, start);
    const field = form.subarray(start, mark === -1 ? form.length : mark);
    start += field.length + 1;
    if (field.length === 0) continue;
    const equals = field.indexOf(EQUALS);
    const name = equals === -1 ? field : field.subarray(0, equals);
    yield { name: unescapeForm(name), value: unescapeForm(field.subarray(name.length + 1)) };
  }
}
