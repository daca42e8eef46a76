/** Runs numbered, append-only SQL migrations by `user_version`, each in its own transaction. */
import type { Database } from "bun:sqlite";
import { AppError } from "../../lib/errors.ts";

/** Migration n brings a file from version n-1 to n; the list starts at version 1. */
type Migrations = readonly string[];

/**
 * Brings a database to the newest schema version. `what` names the file in errors: "main database", "event file of
 * webhook …".
 */
export function migrate(db: Database, migrations: Migrations, what: string): void {
  refuseNewer(db, migrations, what);
  const version = readVersion(db);
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    // IMMEDIATE, so that two processes opening a new file at once do not both run a migration.
    db.transaction(() => {
      if (readVersion(db) > index) return;
      db.run(sql);
      db.run(`PRAGMA user_version = ${index + 1}`);
    }).immediate();
  }
}

/** Throws AppError `unavailable` for a file that a newer program wrote. Only reads. */
export function refuseNewer(db: Database, migrations: Migrations, what: string): void {
  const version = readVersion(db);
  if (version <= migrations.length) return;
  throw new AppError({
    kind: "unavailable",
    code: NEWER_DATABASE,
    message: `The ${what} has schema version ${version}; this program knows up to ${migrations.length}.`,
    hint: "It was written by a newer webhooker. Start that version, or restore an older copy of the file.",
  });
}

export const NEWER_DATABASE = "newer_database";

function readVersion(db: Database): number {
  const row = db.query<{ user_version: number }, []>("PRAGMA user_version").get();
  return row?.user_version ?? 0;
}
