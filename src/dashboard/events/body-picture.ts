/** Decides how a body of any origin is shown, and how much of it. */
import { type JsonToken, layOutJson } from "../../lib/json-layout.ts";
import { hexDump } from "./hex-dump.ts";

export type FormValue = Readonly<{ name: string; value: string; json: readonly JsonToken[] | null }>;

export type BodyPicture =
  | Readonly<{ kind: "empty" }>
  | Readonly<{ kind: "json"; tokens: readonly JsonToken[]; isCut: boolean }>
  | Readonly<{ kind: "form"; fields: readonly FormValue[]; isCut: boolean }>
  | Readonly<{ kind: "text"; text: string; isCut: boolean }>
  | Readonly<{ kind: "hex"; dump: string; isCut: boolean }>;

/** A line of a dump has 77 characters for 16 bytes. */
const DUMP_CHARS_PER_BYTE = 5;
const MAX_FIELDS = 200;
/** About what a coloured piece of JSON costs in markup beside its text. */
const PIECE_CHARS = 36;
/** Those in use beside UTF-8. */
const CHARSETS: Readonly<Record<string, Bun.Encoding>> = {
  "iso-8859-1": "windows-1252",
  latin1: "windows-1252",
  "windows-1252": "windows-1252",
  "iso-8859-15": "iso-8859-15",
  shift_jis: "shift_jis",
  "utf-16": "utf-16le",
  "utf-16le": "utf-16le",
  "utf-16be": "utf-16be",
};
/** What no text has: control characters but tab, line feed, form feed and carriage return. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NOT_TEXT = /[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]/;

/** `maxChars` bounds what is drawn, about; the bytes are the whole body. */
export function pictureBody(options: {
  contentType: string;
  body: Uint8Array;
  maxChars: number;
}): BodyPicture {
  const { contentType, body, maxChars } = options;
  if (body.length === 0) return { kind: "empty" };
  const text = decode(body, { charset: charsetOf(contentType), maxBytes: maxChars });
  if (text === null) {
    const shown = body.subarray(0, Math.ceil(maxChars / DUMP_CHARS_PER_BYTE));
    return { kind: "hex", dump: hexDump(shown), isCut: shown.length < body.length };
  }
  const isWhole = body.length <= maxChars;
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) return pictureForm(text, isWhole, maxChars);
  const mayBeJson = /[/+]json\b/i.test(contentType) || /^\s*[{[]/.test(text);
  const layout = mayBeJson ? layOutJson(text, { maxChars, pieceChars: PIECE_CHARS, isWhole }) : null;
  return layout === null ? { kind: "text", text, isCut: !isWhole } : { kind: "json", ...layout };
}

function pictureForm(text: string, isWhole: boolean, maxChars: number): BodyPicture {
  const all = [...new URLSearchParams(text)];
  let room = maxChars;
  const fields = all.slice(0, MAX_FIELDS).map(([name, value]) => {
    // Some senders put their whole JSON into one field, as GitHub does in "payload".
    const layout = /^\s*[{[]/.test(value)
      ? layOutJson(value, { maxChars: room, pieceChars: PIECE_CHARS, isWhole: true })
      : null;
    room -= value.length;
    return { name, value, json: layout === null || layout.isCut ? null : layout.tokens };
  });
  return { kind: "form", fields, isCut: !isWhole || all.length > fields.length };
}

/** Null where the bytes are no text; a character cut by `maxBytes` is left out. */
function decode(body: Uint8Array, options: { charset: string; maxBytes: number }): string | null {
  const isWhole = body.length <= options.maxBytes;
  try {
    const decoder = decoderFor(options.charset);
    const text = decoder.decode(body.subarray(0, options.maxBytes), { stream: !isWhole });
    return NOT_TEXT.test(text) ? null : text;
  } catch {
    return null;
  }
}

function decoderFor(charset: string): TextDecoder {
  return new TextDecoder(CHARSETS[charset.toLowerCase()] ?? "utf-8", { fatal: true });
}

function charsetOf(contentType: string): string {
  return /;\s*charset="?([\w-]{1,40})/i.exec(contentType)?.[1] ?? "utf-8";
}
