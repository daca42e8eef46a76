/** Searches a body for a text: as sent, decompressed, decoded by its charset, and unescaped. */
import { isAscii } from "node:buffer";
import { charsetIn, charsetOf, isKnownCharset, strictDecoder } from "./charset.ts";
import { layOutJson } from "./json-layout.ts";
import { formFields, isForm, mayBeJson, toUtf8, unpackShownNow } from "./shown-text.ts";
import { TextNeedle } from "./text-needle.ts";
import { unescapeJson } from "./unescape-json.ts";

/** "unknown": the body cannot be read, so it may contain the text. */
export type Shows = "yes" | "no" | "unknown";

/** Bytes searched between two checks of the time, about 1 ms. */
const CHUNK = 256 * 1024;
/** Larger bodies in charsets other than UTF-8 are not decoded, and larger forms not split. */
const MAX_DECODED_BYTES = 8 * 1024 * 1024;
/** Characters of formatted JSON; no page shows more at a time. */
const MAX_LAID_OUT = 2_000_000;
/** Content types cached; senders use few. */
const MOST_TYPES = 1_000;

const BACKSLASH = 0x5c;
const PERCENT = 0x25;
const PLUS = 0x2b;

/** Text that can span two tokens of formatted JSON, where the original has different whitespace. */
const ACROSS_PIECES = /":\s|[:,{[\]}]$|^[:,\]}]|\n/;

type Kind = "form" | "plain" | "other charset";

export class BodySearch {
  readonly #needle: TextNeedle;
  readonly #isAcrossPieces: boolean;
  readonly #kinds = new Map<string, Kind>();

  /** `text` must not be empty. ASCII letters match in either case. */
  constructor(text: string) {
    this.#needle = new TextNeedle(text);
    this.#isAcrossPieces = ACROSS_PIECES.test(text);
  }

  /** Searches a body of a few KB at once; null if only `search` can tell. */
  tryAtOnce(body: Uint8Array, contentType: string): boolean | null {
    if (this.#needle.isIn(body)) return true;
    return this.#isPlain(body, contentType) ? false : null;
  }

  /** Yields about every millisecond, except while decompressing and decoding, which take up to 0.1 s. */
  *search(body: Uint8Array, head: { contentType: string; contentEncoding: string }): Generator<void, Shows> {
    const { contentType, contentEncoding } = head;
    if (yield* this.#has(body)) return "yes";
    const unpacked = unpackShownNow(body, contentEncoding);
    if ("fault" in unpacked) return "unknown";
    const { bytes } = unpacked;
    if (bytes !== body && (yield* this.#has(bytes))) return "yes";
    const charset = charsetIn(bytes, contentType);
    if (isForm(contentType)) return yield* this.#searchForm(bytes, charset);
    if (charset !== "utf-8" && bytes.length > MAX_DECODED_BYTES) return "unknown";
    const utf8 = toUtf8(bytes, charset);
    // Binary data was already searched as it is; in an unknown charset it may be text.
    if (utf8 === null) return isKnownCharset(charset) ? "no" : "unknown";
    if (utf8 !== bytes && (yield* this.#has(utf8))) return "yes";
    const begin = new TextDecoder().decode(utf8.subarray(0, 100));
    if (!mayBeJson(begin, contentType)) return "no";
    return (yield* this.#hasUnescaped(utf8)) || this.#isLaidOut(utf8) ? "yes" : "no";
  }

  /** Returns whether the body shows exactly its bytes. */
  #isPlain(body: Uint8Array, contentType: string): boolean {
    if (this.#isAcrossPieces) return false;
    const kind = this.#kindOf(contentType);
    if (kind === "other charset") return false;
    if (kind === "form" && (body.includes(PERCENT) || body.includes(PLUS))) return false;
    return isAscii(body) && !body.includes(BACKSLASH) && !body.includes(0);
  }

  #kindOf(contentType: string): Kind {
    const known = this.#kinds.get(contentType);
    if (known !== undefined) return known;
    const charset = charsetOf(contentType);
    const isUtf8 = strictDecoder(charset).encoding === "utf-8";
    const kind = isUtf8 ? (isForm(contentType) ? "form" : "plain") : "other charset";
    if (this.#kinds.size >= MOST_TYPES) this.#kinds.clear();
    this.#kinds.set(contentType, kind);
    return kind;
  }

  *#has(bytes: Uint8Array): Generator<void, boolean> {
    const overlap = this.#needle.length - 1;
    for (let from = 0; from < bytes.length; from += CHUNK) {
      if (from > 0) yield;
      if (this.#needle.isIn(bytes, from, Math.min(bytes.length, from + CHUNK + overlap))) return true;
    }
    return false;
  }

  *#hasUnescaped(json: Uint8Array): Generator<void, boolean> {
    if (!json.includes(BACKSLASH)) return false;
    const overlap = this.#needle.length - 1;
    const out = new Uint8Array(Math.min(json.length, CHUNK) + overlap + 4);
    let kept = 0;
    for (let from = 0; from < json.length; ) {
      if (from > 0) yield;
      const { next, length } = unescapeJson(json, from, out, kept);
      if (this.#needle.isIn(out, 0, length)) return true;
      kept = Math.min(overlap, length);
      out.copyWithin(0, length - kept, length);
      from = next;
    }
    return false;
  }

  #isLaidOut(json: Uint8Array): boolean {
    if (!this.#isAcrossPieces || json.length > MAX_LAID_OUT) return false;
    const text = new TextDecoder().decode(json);
    const layout = layOutJson(text, { maxChars: MAX_LAID_OUT, pieceChars: 0, isWhole: true });
    const shown = layout?.tokens.map((token) => token.text).join("") ?? "";
    return this.#needle.isIn(new TextEncoder().encode(shown));
  }

  *#searchForm(form: Uint8Array, charset: string): Generator<void, Shows> {
    if (form.length > MAX_DECODED_BYTES) return "unknown";
    let sinceYield = 0;
    let isUnknown = false;
    for (const { name, value } of formFields(form)) {
      for (const bytes of [name, value]) {
        const utf8 = toUtf8(bytes, charset);
        if (utf8 === null) isUnknown ||= !isKnownCharset(charset);
        else if ((yield* this.#has(utf8)) || (yield* this.#hasInJson(utf8))) return "yes";
      }
      sinceYield += name.length + value.length + 100;
      if (sinceYield < CHUNK) continue;
      sinceYield = 0;
      yield;
    }
    return isUnknown ? "unknown" : "no";
  }

  /** Some senders put all their JSON into one field. */
  *#hasInJson(value: Uint8Array): Generator<void, boolean> {
    const isJson = /^\s*[{[]/.test(new TextDecoder().decode(value.subarray(0, 100)));
    return isJson && ((yield* this.#hasUnescaped(value)) || this.#isLaidOut(value));
  }
}
