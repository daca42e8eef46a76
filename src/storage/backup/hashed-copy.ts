/** Reads a file once to hash it, and optionally copies it on the way. */
import { closeSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { diskFault } from "../../lib/disk-fault.ts";
import { AppError, errorReason } from "../../lib/errors.ts";

const CHUNK_BYTES = 1024 * 1024;

type FileFacts = Readonly<{ bytes: number; sha256: string }>;

/**
 * Hashes a file and copies it to `to`, if given, which must not exist; the copy is readable by this user alone and
 * synced. Blocks: for commands, not for the event loop. Throws the system's error if `from` cannot be read, and AppError
 * `unavailable` if `to` cannot be written.
 */
export function hashFile({ from, to }: { from: string; to?: string }): FileFacts {
  const source = openSync(from, "r");
  try {
    if (to === undefined) return pour(source, () => undefined);
    const target = writing(to, () => openSync(to, "wx", 0o600));
    try {
      const facts = pour(source, (part) => writing(to, () => writeWhole(target, part)));
      writing(to, () => fsyncSync(target));
      return facts;
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}

function pour(source: number, take: (part: Uint8Array) => void): FileFacts {
  const hasher = new Bun.CryptoHasher("sha256");
  const chunk = new Uint8Array(CHUNK_BYTES);
  let bytes = 0;
  for (;;) {
    const read = readSync(source, chunk);
    if (read === 0) return { bytes, sha256: hasher.digest("hex") };
    const part = chunk.subarray(0, read);
    hasher.update(part);
    take(part);
    bytes += read;
  }
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.byteLength; ) from += writeSync(file, bytes, from);
}

function writing<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    throw new AppError({
      kind: "unavailable",
      code: "copy_not_written",
      message: `${path} cannot be written (${errorReason(cause)}).`,
      hint: diskFault(cause)?.message ?? "Let this user write to its folder, where no such file may be.",
      cause,
    });
  }
}
