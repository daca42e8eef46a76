/** Opens a database only to read, while others write to it or nobody has it open. */
import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";

const BUSY_TIMEOUT_MS = 2_000;

export function openForReading(path: string): Database {
  // A read-only connection leaves an empty WAL behind where there was none; a writable connection that does not write
  // removes it again. But a writable one would also copy back the WAL that a crash left, which a read must not do.
  const hasWal = existsSync(`${path}-wal`);
  return readOnly(new Database(path, hasWal ? { readonly: true } : { readwrite: true, create: false }));
}

/**
 * Opens a database only to read, while another connection of this process has it open and stays open longer. SQLite
 * keeps a closed connection's descriptor until then, and reuses it for a connection that opens the file in the same
 * mode.
 */
export function openBeside(path: string): Database {
  return readOnly(new Database(path, { readwrite: true, create: false }));
}

function readOnly(db: Database): Database {
  try {
    db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    db.run("PRAGMA query_only = ON");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
