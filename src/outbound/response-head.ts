/** Parses the head of an HTTP/1.1 response: status, headers as received, and how the body is delimited. */
import { HEADER_TOKEN } from "../lib/header-token.ts";

/** The server sent something that is not HTTP; the message says why. */
export class InvalidResponse extends Error {
  override readonly name = "InvalidResponse";
}

export type ResponseHead = Readonly<{
  statusCode: number;
  headers: readonly (readonly [name: string, value: string])[];
  /** True if the connection can carry another request afterwards. */
  keepsAlive: boolean;
  isChunked: boolean;
  /** True for a transfer coding other than chunked: only the end of the connection ends the body. */
  hasUnknownEnd: boolean;
  length: number | null;
}>;

/** The reason phrase is not used, so any character is accepted in it; blanks as RFC 9112 4 allows. */
const STATUS_LINE = /^HTTP\/1\.([01])[\t ]+([1-9][0-9]{2})(?:[\t ].*)?$/s;
const HEADER_LINE = new RegExp(`^(${HEADER_TOKEN}):([\\t\\x20-\\x7e\\x80-\\xff]*)$`);
/** With blanks before the colon, or with control characters in the value. */
const SLOPPY_LINE = new RegExp(`^(${HEADER_TOKEN})[\\t ]*:(.*)$`, "s");
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/g;
/** A line that goes on with the value before it. */
const FOLD = /\r\n[\t ]+/g;
/** One length, which may be repeated, as in "2, 2". */
const LENGTH = /^([0-9]{1,15})(?:[\t ]*,[\t ]*\1)*$/;

/** Maximum length of a cached head. */
const MAX_REMEMBERED = 2_048;

/**
 * Caches the last head of one pool: a server mostly sends the same head until the second in its Date header changes.
 */
export class HeadReader {
  #text = "";
  #head: ResponseHead | null = null;

  /** Parses like `readHead`; returns the same object for the same head as before. */
  read(text: string): ResponseHead {
    if (this.#head !== null && text === this.#text) return this.#head;
    const head = readHead(text);
    if (text.length <= MAX_REMEMBERED) {
      this.#text = text;
      this.#head = head;
    }
    return head;
  }
}

/**
 * Parses `text`: the head in Latin-1, each line followed by CR LF, without the empty line. Throws InvalidResponse if
 * the status or the end of the message is ambiguous. Faults that affect neither are tolerated, because the receiver did
 * accept the request: a folded line, a blank before the colon, a line that is no header, a control character in a value,
 * a repeated length, a length beside chunks. A connection with such a head is not reused.
 */
export function readHead(text: string): ResponseHead {
  const unfolded = text.replace(FOLD, " ");
  const isFolded = unfolded.length !== text.length;
  let lineEnd = unfolded.indexOf("\r\n");
  const statusLine = unfolded.slice(0, lineEnd);
  const status = STATUS_LINE.exec(statusLine);
  if (status === null) throw new InvalidResponse("the first line is not a status line");
  const headers: [string, string][] = [];
  const connection: string[] = [];
  const codings: string[] = [];
  let length: number | null = null;
  let isSloppy = isFolded || statusLine.search(NOT_IN_VALUE) !== -1;
  for (let at = lineEnd + 2; at < unfolded.length; at = lineEnd + 2) {
    lineEnd = unfolded.indexOf("\r\n", at);
    const line = unfolded.slice(at, lineEnd);
    const header = HEADER_LINE.exec(line);
    if (header === null) isSloppy = true;
    const [, name, said] = header ?? sloppyHeader(line);
    if (name === undefined) continue;
    const value = withoutBlanks(said ?? "");
    headers.push([name, value]);
    switch (name.length) {
      case 10:
        if (name.toLowerCase() === "connection") connection.push(value);
        break;
      case 14:
        if (name.toLowerCase() !== "content-length") break;
        if (length !== null || value.includes(",")) isSloppy = true;
        length = sameLength(value, length);
        break;
      case 17:
        if (name.toLowerCase() === "transfer-encoding") codings.push(value);
        break;
    }
  }
  const isEncoded = codings.length > 0;
  // The transfer coding wins (RFC 9112 6.3); if an intermediary goes by the length, the bytes after it are not ours.
  if (isEncoded && length !== null) isSloppy = true;
  const isChunked = isEncoded && tokensOf(codings).at(-1) === "chunked";
  const asked = tokensOf(connection);
  const stays = status[1] === "1" ? !asked.includes("close") : asked.includes("keep-alive");
  return {
    statusCode: Number(status[2]),
    headers,
    keepsAlive: stays && !isSloppy,
    isChunked,
    hasUnknownEnd: isEncoded && !isChunked,
    length,
  };
}

/** Throws InvalidResponse for a length that is no number or differs from `before`. */
function sameLength(value: string, before: number | null): number {
  const digits = LENGTH.exec(value)?.[1];
  if (digits === undefined) throw new InvalidResponse("the length is not a number");
  if (before !== null && before !== Number(digits)) throw new InvalidResponse("it has two different lengths");
  return Number(digits);
}

/** Interprets a malformed header line: its value without control characters; nothing if it has no name. */
function sloppyHeader(line: string): readonly (string | undefined)[] {
  const [all, name, value = ""] = SLOPPY_LINE.exec(line) ?? [];
  return [all, name, value.replace(NOT_IN_VALUE, " ")];
}

function tokensOf(values: readonly string[]): string[] {
  return values.length === 0
    ? []
    : values
        .join(",")
        .split(",")
        .map((token) => token.trim().toLowerCase());
}

/** Trims spaces and tabs only: `trim` would also remove a no-break space, which is a byte of the value. */
function withoutBlanks(value: string): string {
  let from = 0;
  let to = value.length;
  while (from < to && isBlank(value.charCodeAt(from))) from++;
  while (to > from && isBlank(value.charCodeAt(to - 1))) to--;
  return value.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
