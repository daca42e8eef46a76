/**
 * Reads one HTTP/1.1 response as its bytes arrive. A malformed response is read if its status and its end are
 * unambiguous, and its connection is not reused; anything else is refused, never guessed at.
 */

import type { KeptBody } from "./body.ts";
import { HeadReader, InvalidResponse, type ResponseHead } from "./response-head.ts";

/** Headers beyond it are not read. */
const MAX_HEAD_BYTES = 32 * 1024;
/** Maximum length of a chunk's size with its extensions. */
const MAX_CHUNK_LINE_BYTES = 4 * 1024;
const CHUNK_SIZE = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;
const START = "HTTP/1.";
/** Empty line after the head, with lines that end in LF alone, in CR LF, or in a mix. */
const HEAD_END = /\r?\n\r?\n/;
const LF = 0x0a;
const CR = 0x0d;

type Step = "head" | "length" | "chunk line" | "chunk" | "chunk end" | "trailers" | "until close" | "done";

export class ResponseReader {
  /** Set once the final head has arrived; interim responses (1xx) do not count. */
  head: ResponseHead | null = null;
  /** True if more head or body arrives than is worth reading: the connection is better closed. */
  isTooLong = false;
  /** True if bytes arrived after the end of the response, although no request was pending. */
  hasSurplus = false;
  /** True if a line ended without CR: an intermediary may have seen other line boundaries. */
  #isSloppy = false;
  readonly #method: string;
  readonly #body: KeptBody;
  readonly #heads: HeadReader;
  #step: Step = "head";
  /** Bytes left of the body, or of the current chunk. */
  #left = 0;
  #interimBytes = 0;
  #trailerBytes = 0;
  #unread: Buffer | null = null;

  constructor(options: { method: string; body: KeptBody; heads?: HeadReader }) {
    this.#heads = options.heads ?? new HeadReader();
    this.#method = options.method;
    this.#body = options.body;
  }

  /** Throws InvalidResponse. */
  read(chunk: Buffer): void {
    let bytes = this.#unread === null ? chunk : Buffer.concat([this.#unread, chunk]);
    this.#unread = null;
    while (!this.isTooLong) {
      if (this.#step === "done") {
        this.hasSurplus = true;
        return;
      }
      const used = this.#take(bytes);
      if (used === 0) {
        this.#unread = bytes;
        return;
      }
      if (used === bytes.length) return;
      bytes = bytes.subarray(used);
    }
  }

  /** True once the response is complete. */
  get isDone(): boolean {
    return this.#step === "done";
  }

  /** True if only the end of the connection ends the body. */
  get endsWithConnection(): boolean {
    return this.#step === "until close";
  }

  get keepsAlive(): boolean {
    if (!this.isDone || this.hasSurplus || this.#isSloppy || this.head === null) return false;
    // After 101 the connection uses another protocol.
    return this.head.keepsAlive && this.head.statusCode !== 101;
  }

  /** Returns the number of bytes consumed; 0 if more must arrive first. */
  #take(bytes: Buffer): number {
    switch (this.#step) {
      case "head":
        return this.#takeHead(bytes);
      case "length":
        return this.#takeBody(bytes, "done");
      case "chunk":
        return this.#takeBody(bytes, "chunk end");
      case "chunk line":
        return this.#takeChunkLine(bytes);
      case "chunk end":
        return this.#takeChunkEnd(bytes);
      case "trailers":
        return this.#takeTrailer(bytes);
      case "until close":
        this.#keep(bytes);
        return bytes.length;
      case "done":
        return 0;
    }
  }

  #takeHead(bytes: Buffer): number {
    if (bytes[0] === CR || bytes[0] === LF) return this.#takeEmptyLine(bytes);
    const start = bytes.toString("latin1", 0, START.length);
    if (!START.startsWith(start)) throw new InvalidResponse("it begins with something else");
    const found = this.#findHead(bytes);
    const length = found?.length ?? bytes.length;
    if (length > MAX_HEAD_BYTES + 4) return this.#takeBeginning(bytes);
    if (found === null) return 0;
    const head = this.#heads.read(found.text);
    const { statusCode } = head;
    // An interim response, followed by the final one. 101 is final: the client requests no upgrade.
    if (statusCode < 200 && statusCode !== 101) {
      this.#countInterim(length);
      return length;
    }
    this.head = head;
    this.#left = head.length ?? 0;
    this.#step = this.#stepAfter(head);
    return length;
  }

  /**
   * Returns the head's lines, each followed by CR LF, and the length including the empty line; null while incomplete.
   */
  #findHead(bytes: Buffer): { text: string; length: number } | null {
    const end = bytes.indexOf("\r\n\r\n");
    if (end !== -1) {
      const text = bytes.toString("latin1", 0, end + 2);
      if (!hasBareLineFeed(text)) return { text, length: end + 4 };
    }
    // Cheap test first, as this runs again for each part of a head that arrives in many.
    if (end === -1 && bytes.indexOf("\n\n") === -1 && bytes.indexOf("\n\r\n") === -1) return null;
    const start = bytes.toString("latin1", 0, MAX_HEAD_BYTES + 4);
    const found = HEAD_END.exec(start);
    if (found === null) return null;
    this.#isSloppy = true;
    const lines = start.slice(0, found.index).split(/\r?\n/);
    return { text: `${lines.join("\r\n")}\r\n`, length: found.index + found[0].length };
  }

  /** Reads the beginning of a head that is too large. Its status is enough; the end of the response stays unknown. */
  #takeBeginning(bytes: Buffer): number {
    const lines = bytes.toString("latin1", 0, MAX_HEAD_BYTES).split(/\r?\n/).slice(0, -1);
    if (lines.length === 0) throw new InvalidResponse("headers too large");
    const head = this.#heads.read(`${lines.join("\r\n")}\r\n`);
    if (head.statusCode < 200) throw new InvalidResponse("headers too large");
    this.head = head;
    this.isTooLong = true;
    return bytes.length;
  }

  /** Skips an empty line before the status line: RFC 9112 2.2 lets servers skip one, and some send one themselves. */
  #takeEmptyLine(bytes: Buffer): number {
    if (bytes[0] === CR && bytes.length === 1) return 0;
    if (bytes[0] === CR && bytes[1] !== LF) throw new InvalidResponse("it begins with something else");
    const length = bytes[0] === LF ? 1 : 2;
    this.#isSloppy = true;
    this.#countInterim(length);
    return length;
  }

  #countInterim(bytes: number): void {
    this.#interimBytes += bytes;
    if (this.#interimBytes > MAX_HEAD_BYTES) throw new InvalidResponse("too many interim responses");
  }

  #stepAfter({ statusCode, isChunked, hasUnknownEnd, length }: ResponseHead): Step {
    if (this.#method === "HEAD" || statusCode < 200 || statusCode === 204 || statusCode === 304)
      return "done";
    if (isChunked) return "chunk line";
    if (hasUnknownEnd || length === null) return "until close";
    return length === 0 ? "done" : "length";
  }

  #takeBody(bytes: Buffer, next: Step): number {
    const part = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left);
    this.#left -= part.length;
    if (this.#left === 0) this.#step = next;
    this.#keep(part);
    return part.length;
  }

  #takeChunkLine(bytes: Buffer): number {
    const taken = this.#takeLine(bytes, MAX_CHUNK_LINE_BYTES);
    if (taken === null) return 0;
    const size = CHUNK_SIZE.exec(taken.line)?.[1];
    if (size === undefined) throw new InvalidResponse("a chunk has no size");
    this.#left = Number.parseInt(size, 16);
    this.#step = this.#left === 0 ? "trailers" : "chunk";
    return taken.length;
  }

  #takeChunkEnd(bytes: Buffer): number {
    const taken = this.#takeLine(bytes, 0, "a chunk is longer than its size");
    if (taken === null) return 0;
    this.#step = "chunk line";
    return taken.length;
  }

  /** Skips trailers; nothing in them is used. */
  #takeTrailer(bytes: Buffer): number {
    const taken = this.#takeLine(bytes, MAX_HEAD_BYTES);
    if (taken === null) return 0;
    this.#trailerBytes += taken.line.length;
    if (this.#trailerBytes > MAX_HEAD_BYTES) throw new InvalidResponse("trailers too large");
    if (taken.line === "") this.#step = "done";
    return taken.length;
  }

  /**
   * Returns the next line without its end, and its length with it; null while incomplete. `most` limits its characters.
   */
  #takeLine(
    bytes: Buffer,
    most: number,
    fault = "a line is too long",
  ): { line: string; length: number } | null {
    const at = bytes.indexOf(LF);
    const isSloppy = at !== -1 && bytes[at - 1] !== CR;
    const end = at === -1 ? bytes.length : isSloppy ? at : at - 1;
    // If the last byte is CR, its LF may follow.
    const known = at === -1 && bytes.at(-1) === CR ? end - 1 : end;
    if (known > most) throw new InvalidResponse(fault);
    if (at === -1) return null;
    if (isSloppy) this.#isSloppy = true;
    return { line: bytes.toString("latin1", 0, end), length: at + 1 };
  }

  #keep(part: Buffer): void {
    if (!this.#body.add(part)) this.isTooLong = true;
  }
}

function hasBareLineFeed(text: string): boolean {
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) {
    if (text.charCodeAt(at - 1) !== CR) return true;
  }
  return false;
}
