/** Decides how to show a body of any origin, and how much of it. */

import { charsetIn } from "../../../bodies/charset.ts";
import { type JsonToken, layOutJson } from "../../../bodies/json-layout.ts";
import { decodeShown, formFields, isForm, mayBeJson } from "../../../bodies/shown-text.ts";
import type { HeaderPairs } from "../../../storage/event-db/types.ts";
import { hexDump } from "./hex-dump.ts";

export type FormValue = Readonly<{ name: string; value: string; json: readonly JsonToken[] | null }>;

export type BodyPicture =
  | Readonly<{ kind: "empty" }>
  | Readonly<{ kind: "json"; tokens: readonly JsonToken[]; isCut: boolean }>
  | Readonly<{ kind: "form"; fields: readonly FormValue[]; isCut: boolean }>
  | Readonly<{ kind: "text"; text: string; isCut: boolean }>
  | Readonly<{ kind: "hex"; dump: string; isCut: boolean }>;

/** A line of a hex dump has 77 characters for 16 bytes. */
const DUMP_CHARS_PER_BYTE = 5;
const MAX_FIELDS = 200;
/** Pieces of JSON that get a colour: a page has at most 3,000 elements, whatever the body. */
const MOST_COLOURED = 1_800;
/** Approximate markup of a coloured JSON token in addition to its text, quotation marks included. */
const PIECE_CHARS = 46;
/** `"`, `&`, `'`, `<` and `>`. */
const ESCAPED = new Set([0x22, 0x26, 0x27, 0x3c, 0x3e]);
const ESCAPED_CHARS = 6;
/** Control characters that text does not contain: all but tab, line feed, form feed, carriage return and escape. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NOT_TEXT = /[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]/;

/** `maxChars` approximately limits the markup; `body` is the whole body, uncompressed. */
export function pictureBody(options: {
  contentType: string;
  body: Uint8Array;
  maxChars: number;
}): BodyPicture {
  const { contentType, body, maxChars } = options;
  if (body.length === 0) return { kind: "empty" };
  const charset = charsetIn(body, contentType);
  const text = decodeShown(body, charset, maxChars);
  if (text === null || NOT_TEXT.test(text)) {
    const shown = body.subarray(0, Math.ceil(maxChars / DUMP_CHARS_PER_BYTE));
    return { kind: "hex", dump: hexDump(shown), isCut: shown.length < body.length };
  }
  const isWhole = body.length <= maxChars;
  if (isForm(contentType)) return pictureForm(body.subarray(0, maxChars), { charset, isWhole, maxChars });
  const layout = mayBeJson(text, contentType)
    ? layOutJson(text, { maxChars, pieceChars: PIECE_CHARS, isWhole })
    : null;
  if (layout !== null) {
    return { kind: "json", isCut: layout.isCut, tokens: colourFirst(layout.tokens, MOST_COLOURED) };
  }
  const shown = text.slice(0, lengthDrawn(text, maxChars));
  return { kind: "text", text: shown, isCut: !isWhole || shown.length < text.length };
}

/** Makes one plain piece of all that follows the first `most` coloured ones. */
function colourFirst(tokens: readonly JsonToken[], most: number): readonly JsonToken[] {
  let left = most;
  const end = tokens.findIndex(({ kind }) => kind !== "plain" && left-- <= 0);
  if (end === -1) return tokens;
  const rest = tokens.slice(end).map(({ text }) => text);
  return [...tokens.slice(0, end), { kind: "plain", text: rest.join("") }];
}

/** Returns how much of a text fits into that many characters of markup: a quotation mark takes six. */
function lengthDrawn(text: string, maxChars: number): number {
  let drawn = 0;
  for (let at = 0; at < text.length; at++) {
    drawn += ESCAPED.has(text.charCodeAt(at)) ? ESCAPED_CHARS : 1;
    if (drawn > maxChars) return at;
  }
  return text.length;
}

function pictureForm(
  form: Uint8Array,
  { charset, isWhole, maxChars }: Readonly<{ charset: string; isWhole: boolean; maxChars: number }>,
): BodyPicture {
  const all = [...formFields(form)];
  let room = maxChars;
  let coloured = 0;
  const fields = all.slice(0, MAX_FIELDS).map((field) => {
    const name = textOf(field.name, charset);
    const value = textOf(field.value, charset);
    // Some senders put their whole JSON into one field, as GitHub does in "payload".
    const layout = mayBeJson(value, "")
      ? layOutJson(value, { maxChars: room, pieceChars: PIECE_CHARS, isWhole: true })
      : null;
    room -= value.length;
    if (layout === null || layout.isCut) return { name, value, json: null };
    const json = colourFirst(layout.tokens, MOST_COLOURED - coloured);
    coloured += json.filter(({ kind }) => kind !== "plain").length;
    return { name, value, json };
  });
  return { kind: "form", fields, isCut: !isWhole || all.length > fields.length };
}

/** Shows bytes that are invalid in the charset as replacement characters among the valid ones. */
function textOf(bytes: Uint8Array, charset: string): string {
  return decodeShown(bytes, charset, bytes.length) ?? new TextDecoder().decode(bytes);
}

/** Returns the Content-Type of a response; "" if it had none. */
export function contentTypeOf(headers: HeaderPairs | null): string {
  return headers?.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
}
