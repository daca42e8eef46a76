/**
 * Creates an empty event file at the cost of one sync: SQLite itself would sync seven times, journal and folder
 * included.
 */
import { Database } from "bun:sqlite";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { migrate } from "../sqlite/migrate.ts";
import { eventMigrations } from "./migrations/index.ts";

/** Offsets of the write and read format versions in a database's header; version 2 means WAL mode. */
const FORMAT_VERSIONS_AT = [18, 19];
const WAL_VERSION = 2;

let template: Uint8Array | null = null;

/** Creates the file whole or not at all; the caller must sync its directory entry. */
export function makeEventFile(path: string): void {
  template ??= makeTemplate();
  // Left by a file that was taken away: SQLite would replay them into the new one.
  for (const rest of [`${path}-wal`, `${path}-shm`]) rmSync(rest, { force: true });
  const unfinished = `${path}.new`;
  try {
    writeWhole(unfinished, template);
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

function writeWhole(path: string, bytes: Uint8Array): void {
  const file = openSync(path, "w");
  try {
    // A full disk may take part of the bytes without an error.
    for (let from = 0; from < bytes.length; ) from += writeSync(file, bytes, from);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function makeTemplate(): Uint8Array {
  const db = new Database(":memory:", { strict: true });
  try {
    db.run("PRAGMA auto_vacuum = INCREMENTAL");
    migrate(db, eventMigrations, "new event file");
    const bytes = db.serialize();
    // A database in memory cannot be in WAL mode.
    for (const at of FORMAT_VERSIONS_AT) bytes[at] = WAL_VERSION;
    return bytes;
  } finally {
    db.close(true);
  }
}
