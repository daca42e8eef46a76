/** Stores a copy of a database that comes from another node. */
import { Database } from "bun:sqlite";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { diskFault } from "../../lib/disk-fault.ts";
import { AppError } from "../../lib/errors.ts";
import { requireSpace } from "../backup/free-space.ts";
import { readVersion } from "../sqlite/own-database.ts";

/** A copy as it arrives. */
export type ArrivingCopy = Readonly<{ bytes: number; sha256: string; body: AsyncIterable<Uint8Array> }>;

/**
 * Writes the copy to `to`, which must not exist. Resolves once it is complete and on disk. `newest`: the latest schema version
 * that this program knows. `promised`: bytes of other copies that are still to come to the same disk. Rejects with AppError:
 * `unavailable` for a copy that arrived damaged, and if the disk is too small or at fault; `conflict` for one of a later
 * version. The part that was written is left.
 */
export async function receiveCopy(
  copy: ArrivingCopy,
  to: string,
  options: Readonly<{
    signal: AbortSignal;
    newest: number;
    promised?: number;
    onPart?: (bytes: number) => void;
  }>,
): Promise<void> {
  const { signal, newest, promised = 0, onPart } = options;
  const { bytes, sha256, body } = copy;
  const hasher = new Bun.CryptoHasher("sha256");
  let left = bytes;
  const file = await begin(copy, to, promised);
  try {
    for await (const part of body) {
      signal.throwIfAborted();
      if (part.byteLength > left) throw copyDamaged("A copy from another node is longer than it should be.");
      await file.writeFile(part);
      hasher.update(part);
      left -= part.byteLength;
      onPart?.(part.byteLength);
    }
    if (left > 0) throw copyDamaged(`A copy from another node lacks its last ${left} bytes.`);
    if (hasher.digest("hex") !== sha256) throw copyDamaged("A copy from another node has another SHA-256.");
    await file.sync();
  } catch (error) {
    throw diskFault(error) ?? error;
  } finally {
    await file.close();
  }
  requireKnown(to, newest);
}

async function begin({ bytes, body }: ArrivingCopy, to: string, promised: number): Promise<FileHandle> {
  try {
    requireSpace({ folder: dirname(to), bytes: promised + bytes });
    return await open(to, "wx", 0o600);
  } catch (error) {
    // Its sender keeps the copy, and makes few others, until it is read or refused.
    await body[Symbol.asyncIterator]().return?.();
    throw error;
  }
}

/** Also throws for what does not open. */
function requireKnown(path: string, newest: number): void {
  const db = new Database(path, { readonly: true });
  try {
    const version = readVersion(db);
    if (version > newest) throw copyNewer(version, newest);
  } finally {
    db.close(true);
  }
}

function copyNewer(version: number, newest: number): AppError {
  return new AppError({
    kind: "conflict",
    code: "leader_is_newer",
    message: `The leader's files have schema version ${version}; this program knows up to ${newest}.`,
    hint: "The leader runs a later version of webhooker: upgrade this node first. Its own files were not changed.",
  });
}

export function copyDamaged(message: string): AppError {
  return new AppError({ kind: "unavailable", code: "copy_damaged", message });
}
