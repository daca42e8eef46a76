/** Finds a text in UTF-8 bytes in linear time for any input; ASCII letters match in either case. */

/** Maps each byte to lower case; ASCII letters only. */
const LOWER = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte,
);
/** Comparisons per byte before switching to the search that needs at most two, but is usually slower. */
const WORTH_TRYING = 4;

export class TextNeedle {
  readonly #bytes: Uint8Array;
  /** By byte: how far the needle moves when that byte is at its end. */
  readonly #shifts: Uint16Array;
  /** By index: the longest prefix of the needle that also ends there (Knuth, Morris and Pratt). */
  readonly #borders: Uint16Array;

  /** Throws RangeError for "" and for text of more than 65,535 bytes of UTF-8. */
  constructor(text: string) {
    this.#bytes = new TextEncoder().encode(text).map((byte) => LOWER[byte] ?? byte);
    const { length } = this.#bytes;
    if (length === 0 || length > 0xffff) throw new RangeError("a needle has 1 to 65,535 bytes");
    this.#shifts = new Uint16Array(256).map((_, byte) => this.#shiftOf(LOWER[byte] ?? byte));
    this.#borders = bordersOf(this.#bytes);
  }

  /** Length in bytes. */
  get length(): number {
    return this.#bytes.length;
  }

  /** Returns whether the needle occurs in `bytes` between `from` and `to`. */
  isIn(bytes: Uint8Array, from = 0, to = bytes.length): boolean {
    const needle = this.#bytes;
    const shifts = this.#shifts;
    const end = needle.length - 1;
    const lastByte = needle[end] ?? 0;
    let left = WORTH_TRYING * (to - from);
    // Boyer, Moore and Horspool: skips most bytes.
    for (let at = from + end; at < to; ) {
      const byte = bytes[at] ?? 0;
      if (LOWER[byte] === lastByte) {
        let back = 1;
        while (back <= end && LOWER[bytes[at - back] ?? 0] === needle[end - back]) back++;
        if (back > end) return true;
        left -= back;
        if (left < 0) return this.#isInSteadily(bytes, at - end, to);
      }
      at += shifts[byte] ?? 1;
    }
    return false;
  }

  #isInSteadily(bytes: Uint8Array, from: number, to: number): boolean {
    const needle = this.#bytes;
    const borders = this.#borders;
    let matched = 0;
    for (let at = from; at < to; at++) {
      const byte = LOWER[bytes[at] ?? 0];
      while (matched > 0 && byte !== needle[matched]) matched = borders[matched - 1] ?? 0;
      if (byte === needle[matched]) matched++;
      if (matched === needle.length) return true;
    }
    return false;
  }

  #shiftOf(byte: number): number {
    const last = this.#bytes.length - 1;
    const place = last === 0 ? -1 : this.#bytes.lastIndexOf(byte, last - 1);
    return last - place;
  }
}

function bordersOf(needle: Uint8Array): Uint16Array {
  const borders = new Uint16Array(needle.length);
  let border = 0;
  for (let place = 1; place < needle.length; place++) {
    while (border > 0 && needle[place] !== needle[border]) border = borders[border - 1] ?? 0;
    if (needle[place] === needle[border]) border++;
    borders[place] = border;
  }
  return borders;
}
