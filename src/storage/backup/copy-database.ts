/** Copies a database as it is at one moment into a new file, while others may write to it. */
import { Database } from "bun:sqlite";
import { closeSync, fsyncSync, openSync, rmSync } from "node:fs";
import { LOST, sizeOf } from "../sqlite/file-size.ts";
import { openForReading } from "../sqlite/reading-database.ts";

/**
 * Copies the database; takes time in proportion to its size, so never call it on the event loop. The copy is one file
 * without a WAL, readable by this user alone, complete and on disk. On failure no file is left. Throws SQLite's error
 * for a damaged source or a full disk.
 */
export function copyDatabase({ from, to }: { from: string; to: string }): void {
  // SQLite would copy it as a new database.
  if (sizeOf(from) === 0) throw new Error(LOST);
  // SQLite would make the file readable to others; it keeps the mode of an empty file that exists.
  closeSync(openSync(to, "wx", 0o600));
  try {
    const source = openForReading(from);
    try {
      // SQLite counts writing to the copy as writing.
      source.run("PRAGMA query_only = OFF");
      source.run("VACUUM INTO ?", [to]);
    } finally {
      source.close(true);
    }
    const faults = listStructureFaults(to, "quick_check");
    if (faults.length > 0) throw new Error(faults[0]);
    syncFile(to);
  } catch (error) {
    for (const path of [to, `${to}-journal`]) rmSync(path, { force: true });
    throw error;
  }
}

/** Faults of a file that nobody writes to. `integrity_check` also checks indexes, and takes longer. */
export function listStructureFaults(
  path: string,
  check: "quick_check" | "integrity_check",
): readonly string[] {
  const db = new Database(path, { readonly: true });
  try {
    return db
      .query<Record<string, string>, []>(`PRAGMA ${check}`)
      .all()
      .flatMap((row) => Object.values(row))
      .filter((line) => line !== "ok");
  } finally {
    db.close(true);
  }
}

function syncFile(path: string): void {
  const file = openSync(path, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
