/** Gathers a body's chunks in one block of memory whose size is always known. */

const FIRST_BYTES = 4 * 1024;

type GatheredBytes = Readonly<{
  /** Bytes gathered so far. */
  length: () => number;
  /** Additional memory the block will take when `more` bytes are added. */
  growthFor: (more: number) => number;
  /** Copies the chunk and frees its memory at once; the chunk cannot be used afterwards. */
  add: (piece: Uint8Array<ArrayBuffer>) => void;
  /** Returns the bytes in a block of exactly their size. */
  take: () => Uint8Array;
  /** Frees the block's memory at once instead of at the next garbage collection. */
  drop: () => void;
}>;

/** `most`: the Content-Length, or the largest accepted length. */
export function gatherBytes(most: number): GatheredBytes {
  let block = new ArrayBuffer(0);
  let length = 0;

  function sizeFor(more: number): number {
    const needed = length + more;
    if (needed <= block.byteLength) return block.byteLength;
    // Doubles, so that each byte is copied at most twice.
    return Math.max(needed, Math.min(most, Math.max(FIRST_BYTES, 2 * block.byteLength)));
  }

  return {
    length: () => length,
    growthFor: (more) => sizeFor(more) - block.byteLength,
    add(piece) {
      const size = sizeFor(piece.byteLength);
      if (size > block.byteLength) block = block.transfer(size);
      new Uint8Array(block).set(piece, length);
      length += piece.byteLength;
      piece.buffer.transfer(0);
    },
    take() {
      if (block.byteLength > length) block = block.transfer(length);
      return new Uint8Array(block);
    },
    drop() {
      block.transfer(0);
      block = new ArrayBuffer(0);
      length = 0;
    },
  };
}
