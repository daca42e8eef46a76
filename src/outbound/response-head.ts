/** The head of an HTTP/1.1 answer: its status, its headers as they came, and how its body is to be read. */
import { HEADER_TOKEN } from "../lib/header-token.ts";

/** What a server sent is not HTTP; the message says why. */
export class InvalidAnswer extends Error {
  override readonly name = "InvalidAnswer";
}

export type AnswerHead = Readonly<{
  statusCode: number;
  headers: readonly (readonly [name: string, value: string])[];
  /** The connection may carry another request afterwards. */
  keepsAlive: boolean;
  isChunked: boolean;
  /** Encoded in another way than in chunks: only the end of the connection ends it. */
  hasUnknownEnd: boolean;
  length: number | null;
}>;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const HEADER_LINE = new RegExp(`^(${HEADER_TOKEN}):([\\t\\x20-\\x7e\\x80-\\xff]*)$`);
const BLANK_BEFORE_COLON = new RegExp(`^(${HEADER_TOKEN})[\\t ]+:([\\t\\x20-\\x7e\\x80-\\xff]*)$`);
/** One length, which may be said more than once, as "2, 2". */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Text without a colon, as programs print before they have said all their headers. */
const NO_HEADER = /^[\t\x20-\x39\x3b-\x7e\x80-\xff]+$/;
const LENGTH = /^([0-9]{1,15})(?:[\t ]*,[\t ]*\1)*$/;

/** Longer heads are not remembered. */
const MAX_REMEMBERED = 2_048;

/** Of one connection: a server's answers have the same head more often than not, until the second in their date ends. */
export class HeadReader {
  #text = "";
  #head: AnswerHead | null = null;

  /** As `readHead`; the same object for the same head as before. */
  read(text: string): AnswerHead {
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
 * `text` is the head in Latin-1, each of its lines with CR LF behind it, without the empty line. Throws InvalidAnswer
 * where it cannot be told what came or where the message ends. What is wrong and changes neither is read past, as the
 * receiver did take the request: a folded line, a blank before the colon, a line that is no header, one length said
 * twice, a length beside chunks. A connection with such a head carries no other request.
 */
export function readHead(text: string): AnswerHead {
  let lineEnd = text.indexOf("\r\n");
  const status = STATUS_LINE.exec(text.slice(0, lineEnd));
  if (status === null) throw new InvalidAnswer("the first line is not a status line");
  const headers: [string, string][] = [];
  const connection: string[] = [];
  const codings: string[] = [];
  let length: number | null = null;
  let isSloppy = false;
  for (let at = lineEnd + 2; at < text.length; at = lineEnd + 2) {
    lineEnd = text.indexOf("\r\n", at);
    const line = text.slice(at, lineEnd);
    const header = HEADER_LINE.exec(line);
    if (header === null) isSloppy = true;
    const [, name, said] = header ?? sloppyHeader(line, headers);
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
  // The coding holds (RFC 9112 6.3); where something on the way goes by the length, what follows is not ours.
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

/** Throws InvalidAnswer for what is no number, and for another one than was said before. */
function sameLength(value: string, before: number | null): number {
  const digits = LENGTH.exec(value)?.[1];
  if (digits === undefined) throw new InvalidAnswer("the length is not a number");
  if (before !== null && before !== Number(digits)) throw new InvalidAnswer("it has two different lengths");
  return Number(digits);
}

/** What a line that is not well formed means; a folded one goes to the value before it. Throws InvalidAnswer. */
function sloppyHeader(line: string, headers: [string, string][]): readonly (string | undefined)[] {
  const header = BLANK_BEFORE_COLON.exec(line);
  if (header !== null) return header;
  const isFolded = line.startsWith(" ") || line.startsWith("\t");
  const last = headers.at(-1);
  if (isFolded && last !== undefined && VALUE.test(line)) {
    last[1] = withoutBlanks(`${last[1]} ${withoutBlanks(line)}`);
    return [];
  }
  if (NO_HEADER.test(line)) return [];
  throw new InvalidAnswer("a header line is malformed");
}

function tokensOf(values: readonly string[]): string[] {
  return values.length === 0
    ? []
    : values
        .join(",")
        .split(",")
        .map((token) => token.trim().toLowerCase());
}

/** Spaces and tabs only: `trim` would take a no-break space too, which is a byte of the value. */
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
