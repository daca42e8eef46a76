/** Changes a file that is on its way, which nobody else has open. */
import { Database } from "bun:sqlite";
import { closeSync, fsyncSync, openSync } from "node:fs";

/** In one transaction, which is on disk when it returns. */
export function changeFile(path: string, act: (db: Database) => void): void {
  const db = new Database(path, { readwrite: true, create: false });
  try {
    db.run("PRAGMA trusted_schema = OFF");
    // A container may have no folder for temporary files.
    db.run("PRAGMA temp_store = MEMORY");
    // Else what is changed would stand in a log beside a file that is to be renamed.
    db.run("PRAGMA journal_mode = DELETE");
    db.transaction(act)(db);
  } finally {
    db.close(true);
  }
  const file = openSync(path, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
