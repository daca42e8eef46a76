/** Copies a database that others may write to meanwhile, as it is at one moment, into a new file. */
import { Database } from "bun:sqlite";
import { closeSync, fsyncSync, openSync, rmSync } from "node:fs";
import { LOST, sizeOf } from "../sqlite/file-size.ts";
import { openForReading } from "../sqlite/reading-database.ts";

/**
 * Takes as long as the file is large: never on the event loop. The copy is one file without a log, readable by this
 * user alone, whole and on disk; on failure there is none. Throws what SQLite says of a damaged source or a full disk.
 */
export function copyDatabase({ from, to }: { from: string; to: string }): void {
  // SQLite would copy it as a new one.
  if (sizeOf(from) === 0) throw new Error(LOST);
  // SQLite would make the file readable to others; one that is empty it takes as it is.
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

/** Of a file that nobody writes to; `integrity_check` looks at indexes too, and takes longer. */
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
