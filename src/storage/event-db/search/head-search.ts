/** Searches the head of a request for a text: its path, its query and its headers, as pages show them. */
import { unescapeForm } from "../../../bodies/form-values.ts";
import { TextNeedle } from "../../../bodies/text-needle.ts";
import type { HeaderPairs } from "../types.ts";

/** The column that `has` reads, of events named `e`. As bytes, because most are searched without decoding any. */
export const HEAD_COLUMN =
  "CAST(e.path_tail || char(10) || e.query || char(10) || e.headers AS BLOB) AS head";

/** Characters that can lie between two of the stored parts, or are stored with escapes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes them
const BETWEEN_PARTS = /(?:[\x00-\x1f"\\?]|: ?)+/;
const LINE_FEED = 0x0a;
const PERCENT = 0x25;
const PLUS = 0x2b;

export class HeadSearch {
  readonly #needle: TextNeedle;
  /** Every head that shows the text stores this part of it as it is; null if there is none. */
  readonly #part: TextNeedle | null;

  /** `text` must not be empty. ASCII letters match in either case. */
  constructor(text: string) {
    this.#needle = new TextNeedle(text);
    const [part = ""] = text.split(BETWEEN_PARTS).sort((one, other) => other.length - one.length);
    this.#part = part === "" ? null : new TextNeedle(part);
  }

  /** `head` is the value of HEAD_COLUMN. */
  has(head: Uint8Array): boolean {
    const endOfPath = head.indexOf(LINE_FEED);
    const endOfQuery = head.indexOf(LINE_FEED, endOfPath + 1);
    const isEscaped = hasEscapes(head, endOfQuery);
    const mayBeStored = this.#part?.isIn(head) ?? true;
    if (!isEscaped && !mayBeStored) return false;
    const decoder = new TextDecoder();
    const path = decoder.decode(head.subarray(0, endOfPath));
    const query = decoder.decode(head.subarray(endOfPath + 1, endOfQuery));
    const line = `${path === "" ? "/" : path}${query === "" ? "" : `?${query}`}`;
    if (this.#isIn(line)) return true;
    if (isEscaped && this.#needle.isIn(unescapeForm(new TextEncoder().encode(line)))) return true;
    if (!mayBeStored) return false;
    const headers: HeaderPairs = JSON.parse(decoder.decode(head.subarray(endOfQuery + 1)));
    return headers.some(([name, value]) => this.#isIn(`${name}: ${value}`));
  }

  #isIn(text: string): boolean {
    return this.#needle.isIn(new TextEncoder().encode(text));
  }
}

function hasEscapes(head: Uint8Array, end: number): boolean {
  for (let at = 0; at < end; at++) {
    if (head[at] === PERCENT || head[at] === PLUS) return true;
  }
  return false;
}
