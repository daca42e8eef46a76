/** Copies what an instance's memory holds, and puts it back. */

/** Any multiple of what the system hands out; smaller ones only make the copy tighter. */
const PAGE = 4096;

export type MemoryCopy = Readonly<{ bytes: number; restore: () => void }>;

/**
 * Leaves the longest run of untouched pages out: the stack, which is empty between runs and takes 5 MB of 5.4. What
 * lies above the last page in use is not restored either, as the allocator asks nothing of memory that it hands out.
 */
export function copyMemory(memory: WebAssembly.Memory): MemoryCopy {
  const used = usedPages(memory.buffer);
  const end = used.lastIndexOf(true) + 1;
  const gap = longestGap(used.slice(0, end));
  const parts = [
    [0, gap.from],
    [gap.to, end],
  ] as const;
  const copies = parts.map(([from, to]) => ({
    at: from * PAGE,
    bytes: new Uint8Array(memory.buffer).slice(from * PAGE, to * PAGE),
  }));
  return {
    bytes: copies.reduce((sum, { bytes }) => sum + bytes.byteLength, 0),
    restore() {
      const all = new Uint8Array(memory.buffer);
      for (const { at, bytes } of copies) all.set(bytes, at);
    },
  };
}

const EMPTY = Buffer.alloc(PAGE);

function usedPages(memory: ArrayBuffer): boolean[] {
  return Array.from(
    { length: memory.byteLength / PAGE },
    (_, page) => !Buffer.from(memory, page * PAGE, PAGE).equals(EMPTY),
  );
}

function longestGap(used: readonly boolean[]): Readonly<{ from: number; to: number }> {
  let longest = { from: used.length, to: used.length };
  let from = 0;
  for (let page = 0; page <= used.length; page++) {
    if (page < used.length && !used[page]) continue;
    if (page - from > longest.to - longest.from) longest = { from, to: page };
    from = page + 1;
  }
  return longest;
}
