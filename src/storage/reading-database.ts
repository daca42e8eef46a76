/** Opens a database to read alone, while others write to it or nobody has it open. */
import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";

const BUSY_TIMEOUT_MS = 2_000;

export function openForReading(path: string): Database {
  // A connection that may only read leaves an empty log behind where there was none; one that could write and does
  // not takes it away again. But it would also copy back what a crash has left, which a look must not do.
  const hasLog = existsSync(`${path}-wal`);
  const db = new Database(path, hasLog ? { readonly: true } : { readwrite: true, create: false });
  try {
    db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    db.run("PRAGMA query_only = ON");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
