/** Reads one HTTP/1.1 answer as its bytes come in, strictly: what is not plainly HTTP is refused, not guessed at. */

import { type AnswerHead, HeadReader, InvalidAnswer } from "./outbound-answer-head.ts";
import type { KeptBody } from "./outbound-body.ts";

const MAX_HEAD_BYTES = 32 * 1024;
/** A chunk's size with its extensions. */
const MAX_CHUNK_LINE_BYTES = 4 * 1024;
const CHUNK_SIZE = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;
const START = "HTTP/1.";

type Step = "head" | "length" | "chunk line" | "chunk" | "chunk end" | "trailers" | "until close" | "done";

export class Answer {
  /** Known once the final head, not that of an interim answer, has come. */
  head: AnswerHead | null = null;
  /** More is sent than the body is worth: the connection is better closed. */
  isTooLong = false;
  /** Something came behind the answer's end, where nothing had been asked. */
  hasSurplus = false;
  readonly #method: string;
  readonly #body: KeptBody;
  readonly #heads: HeadReader;
  #step: Step = "head";
  /** Of the body, or of the chunk that is being read. */
  #left = 0;
  #interimBytes = 0;
  #trailerBytes = 0;
  #unread: Buffer | null = null;

  constructor(options: { method: string; body: KeptBody; heads?: HeadReader }) {
    this.#heads = options.heads ?? new HeadReader();
    this.#method = options.method;
    this.#body = options.body;
  }

  /** Throws InvalidAnswer. */
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

  /** Complete, with nothing left to come. */
  get isDone(): boolean {
    return this.#step === "done";
  }

  /** Nothing but the end of the connection ends its body. */
  get endsWithConnection(): boolean {
    return this.#step === "until close";
  }

  get keepsAlive(): boolean {
    return this.isDone && !this.hasSurplus && this.head?.keepsAlive === true;
  }

  /** Returns how many bytes were used; 0 where more must come first. */
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
    const start = bytes.toString("latin1", 0, START.length);
    if (!START.startsWith(start)) throw new InvalidAnswer("it begins with something else");
    const end = bytes.indexOf("\r\n\r\n");
    if (end > MAX_HEAD_BYTES || (end === -1 && bytes.length > MAX_HEAD_BYTES)) {
      throw new InvalidAnswer("headers too large");
    }
    if (end === -1) return 0;
    const head = this.#heads.read(bytes.toString("latin1", 0, end + 2));
    const { statusCode } = head;
    // An interim answer; what follows it is the answer. Nobody asked for an upgrade, so that one is final.
    if (statusCode < 200 && statusCode !== 101) {
      this.#interimBytes += end + 4;
      if (this.#interimBytes > MAX_HEAD_BYTES) throw new InvalidAnswer("interim answers without end");
      return end + 4;
    }
    this.head = head;
    this.#left = head.length ?? 0;
    this.#step = this.#stepAfter(head);
    return end + 4;
  }

  #stepAfter({ statusCode, isChunked, hasUnknownEnd, length }: AnswerHead): Step {
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
    const line = takeLine(bytes, MAX_CHUNK_LINE_BYTES);
    if (line === null) return 0;
    const size = CHUNK_SIZE.exec(line)?.[1];
    if (size === undefined) throw new InvalidAnswer("a chunk has no size");
    this.#left = Number.parseInt(size, 16);
    this.#step = this.#left === 0 ? "trailers" : "chunk";
    return line.length + 2;
  }

  #takeChunkEnd(bytes: Buffer): number {
    if (bytes[0] !== 0x0d || (bytes.length > 1 && bytes[1] !== 0x0a)) {
      throw new InvalidAnswer("a chunk is longer than it said");
    }
    if (bytes.length === 1) return 0;
    this.#step = "chunk line";
    return 2;
  }

  /** Read past: what they say was not asked for. */
  #takeTrailer(bytes: Buffer): number {
    const line = takeLine(bytes, MAX_HEAD_BYTES);
    if (line === null) return 0;
    this.#trailerBytes += line.length;
    if (this.#trailerBytes > MAX_HEAD_BYTES) throw new InvalidAnswer("trailers too large");
    if (line === "") this.#step = "done";
    return line.length + 2;
  }

  #keep(part: Buffer): void {
    if (!this.#body.add(part)) this.isTooLong = true;
  }
}

function takeLine(bytes: Buffer, most: number): string | null {
  const end = bytes.indexOf("\r\n");
  if (end > most || (end === -1 && bytes.length > most)) throw new InvalidAnswer("a line without end");
  return end === -1 ? null : bytes.toString("latin1", 0, end);
}
