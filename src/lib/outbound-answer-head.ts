/** The head of an HTTP/1.1 answer: its status, its headers as they came, and how its body is to be read. */

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
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)$/;
const LENGTH = /^[0-9]{1,15}$/;

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

/** `text` is the head in Latin-1, each of its lines with its end, without the empty line. Throws InvalidAnswer. */
export function readHead(text: string): AnswerHead {
  let lineEnd = text.indexOf("\r\n");
  const status = STATUS_LINE.exec(text.slice(0, lineEnd));
  if (status === null) throw new InvalidAnswer("its first line is no status line");
  const headers: [string, string][] = [];
  const connection: string[] = [];
  const codings: string[] = [];
  let length: number | null = null;
  for (let at = lineEnd + 2; at < text.length; at = lineEnd + 2) {
    lineEnd = text.indexOf("\r\n", at);
    const line = HEADER_LINE.exec(text.slice(at, lineEnd));
    const name = line?.[1];
    if (name === undefined) throw new InvalidAnswer("a line of its head is no header");
    const value = withoutBlanks(line?.[2] ?? "");
    headers.push([name, value]);
    switch (name.length) {
      case 10:
        if (name.toLowerCase() === "connection") connection.push(value);
        break;
      case 14:
        if (name.toLowerCase() !== "content-length") break;
        if (length !== null) throw new InvalidAnswer("it has two lengths");
        if (!LENGTH.test(value)) throw new InvalidAnswer("its length is no number");
        length = Number(value);
        break;
      case 17:
        if (name.toLowerCase() === "transfer-encoding") codings.push(value);
        break;
    }
  }
  const isEncoded = codings.length > 0;
  // Which of the two holds is what a forged answer would play on.
  if (isEncoded && length !== null) throw new InvalidAnswer("it has a length and chunks");
  const isChunked = isEncoded && tokensOf(codings).at(-1) === "chunked";
  const said = tokensOf(connection);
  return {
    statusCode: Number(status[2]),
    headers,
    keepsAlive: status[1] === "1" ? !said.includes("close") : said.includes("keep-alive"),
    isChunked,
    hasUnknownEnd: isEncoded && !isChunked,
    length,
  };
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
