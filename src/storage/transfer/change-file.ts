/** Changes a transfer file, which no other connection has open. */
import { Database } from "bun:sqlite";
import { closeSync, fsyncSync, openSync } from "node:fs";

/** Runs `act` in one transaction, which is on disk on return. */
export function changeFile(path: string, act: (db: Database) => void): void {
  const db = new Database(path, { readwrite: true, create: false });
  try {
    db.run("PRAGMA trusted_schema = OFF");
    // A container may have no folder for temporary files.
    db.run("PRAGMA temp_store = MEMORY");
    // In WAL mode, the changes would be in a WAL beside a file that is about to be renamed.
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
