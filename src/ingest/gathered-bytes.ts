/** Gathers the pieces of a body in one block of memory, whose size is known at every moment. */

const FIRST_BYTES = 4 * 1024;

export type GatheredBytes = Readonly<{
  /** Bytes gathered so far. */
  length: () => number;
  /** Bytes of memory that the block takes beyond what it has, once `more` are added to it. */
  growthFor: (more: number) => number;
  /** Copies the piece, whose own memory is given back at once: it can be used no more. */
  add: (piece: Uint8Array<ArrayBuffer>) => void;
  /** The bytes, in as much memory as they need. */
  take: () => Uint8Array;
  /** Gives the block's memory back at once, and not when the collector finds it. */
  drop: () => void;
}>;

/** `most`: the length that is announced, or the largest that is taken. */
export function gatherBytes(most: number): GatheredBytes {
  let block = new ArrayBuffer(0);
  let length = 0;

  function sizeFor(more: number): number {
    const needed = length + more;
    if (needed <= block.byteLength) return block.byteLength;
    // Doubled, so that each byte is copied twice at most.
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
