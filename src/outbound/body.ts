/** Collects a response body as it arrives: keeps the first bytes, and counts and drops the rest. */

/** Bytes beyond the limit that are still read, so that the connection can be reused. */
const MAX_DISCARDED_BYTES = 256 * 1024;
const EMPTY = new Uint8Array();

export class KeptBody {
  readonly #limit: number;
  readonly #chunks: Uint8Array[] = [];
  #kept = 0;
  #discarded = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Returns false once so much has arrived that closing the connection is cheaper than reading on. */
  add(chunk: Uint8Array): boolean {
    const room = this.#limit - this.#kept;
    const part = chunk.byteLength <= room ? chunk : chunk.subarray(0, room);
    if (part.byteLength > 0) {
      this.#chunks.push(part);
      this.#kept += part.byteLength;
    }
    this.#discarded += chunk.byteLength - part.byteLength;
    return this.#discarded <= MAX_DISCARDED_BYTES;
  }

  get truncated(): boolean {
    return this.#discarded > 0;
  }

  /** Returns a copy of exactly the kept size, because the chunks are views of larger read buffers. */
  bytes(): Uint8Array {
    if (this.#kept === 0) return EMPTY;
    const bytes = new Uint8Array(this.#kept);
    let offset = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, offset);
      offset += chunk.byteLength;
    }
    return bytes;
  }
}
