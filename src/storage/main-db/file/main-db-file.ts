/** The main database's file: private to this user, of a known schema, and in words what is wrong with it. */
import type { Database } from "bun:sqlite";
import { closeSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { AppError, errorMessage } from "../../../lib/errors.ts";
import { makeFolder } from "../../folder/folder.ts";
import { refuseNewer } from "../../sqlite/migrate.ts";
import { refuseForeign } from "../../sqlite/own-database.ts";
import { keepWal, openDatabase, sqliteCode } from "../../sqlite/sqlite.ts";
import { mainMigrations } from "../migrations/index.ts";
import { migrateMainDb } from "../replication/migrate-main-db.ts";

/** Opens the file with the newest schema; creates it and its folder if missing. */
export function openMainDbFile(options: {
  path: string;
  checkpointPages: number;
  /** Leaves the WAL to a replicator. */
  keepsWals: boolean;
}): Database {
  const { path, checkpointPages, keepsWals } = options;
  createPrivateFile(path);
  const settings = { synchronous: "FULL", autocheckpointPages: checkpointPages, cacheKib: 8_192 } as const;
  const what = "main database";
  const db = openDatabase({ path, ...settings }, (opened) => {
    refuseForeign(opened, { what, table: "webhooks" });
    refuseNewer(opened, mainMigrations, what);
  });
  try {
    if (keepsWals) keepWal(db);
    migrateMainDb(db, mainMigrations, what);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** SQLite would make the file readable to others; its -wal and -shm files take over the file's mode. */
function createPrivateFile(path: string): void {
  makeFolder(dirname(path));
  closeSync(openSync(path, "a", 0o600));
}

export function unusable(path: string, cause: unknown): AppError {
  const isDamaged = /^SQLITE_(CORRUPT|NOTADB)/.test(sqliteCode(cause) ?? "");
  return new AppError({
    kind: "unavailable",
    code: isDamaged ? "main_database_damaged" : "main_database_unavailable",
    message: `The main database ${path} cannot be opened: ${errorMessage(cause)}.`,
    hint: isDamaged
      ? "Restore the file from a backup, or let DBURL name another file."
      : "Let DBURL name a file in a folder that this user can write to, on a disk with free space.",
    cause,
  });
}
