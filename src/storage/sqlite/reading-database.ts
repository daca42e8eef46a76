/** Opens a database to read alone, while others write to it or nobody has it open. */
import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";

const BUSY_TIMEOUT_MS = 2_000;

export function openForReading(path: string): Database {
  // A connection that may only read leaves an empty log behind where there was none; one that could write and does
  // not takes it away again. But it would also copy back what a crash has left, which a look must not do.
  const hasLog = existsSync(`${path}-wal`);
  return readOnly(new Database(path, hasLog ? { readonly: true } : { readwrite: true, create: false }));
}

/**
 * To read a database that another connection of this process has open until after this one is closed: SQLite keeps a
 * closed connection's descriptor for as long, and takes it again for one that opens the file in the same way.
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
