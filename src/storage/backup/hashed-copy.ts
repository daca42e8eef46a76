/** Reads a file once to hash it, and optionally copies it on the way. */
import { closeSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";

const CHUNK_BYTES = 1024 * 1024;

type FileFacts = Readonly<{ bytes: number; sha256: string }>;

/**
 * Hashes a file and copies it to `to`, if given, which must not exist; the copy is readable by this user alone and
 * synced. Blocks: for commands, not for the event loop.
 */
export function hashFile({ from, to }: { from: string; to?: string }): FileFacts {
  const source = openSync(from, "r");
  try {
    if (to === undefined) return pour(source, null);
    const target = openSync(to, "wx", 0o600);
    try {
      const facts = pour(source, target);
      fsyncSync(target);
      return facts;
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}

function pour(source: number, target: number | null): FileFacts {
  const hasher = new Bun.CryptoHasher("sha256");
  const chunk = new Uint8Array(CHUNK_BYTES);
  let bytes = 0;
  for (;;) {
    const read = readSync(source, chunk);
    if (read === 0) return { bytes, sha256: hasher.digest("hex") };
    const part = chunk.subarray(0, read);
    hasher.update(part);
    for (let written = 0; target !== null && written < read; ) {
      written += writeSync(target, part, written);
    }
    bytes += read;
  }
}
