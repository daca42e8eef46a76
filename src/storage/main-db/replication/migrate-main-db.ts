/** Migrates a main database that may be part of a cluster. */
import type { Database } from "bun:sqlite";
import { migrate, refuseNewer } from "../../sqlite/migrate.ts";
import { readVersion } from "../../sqlite/own-database.ts";
import { RowApplier } from "./apply-rows.ts";
import { asApplied } from "./as-applied.ts";
import { LaterRows } from "./later-rows.ts";
import { createTriggers, dropTriggers, hasTriggers } from "./triggers.ts";

/**
 * Brings the database to the newest schema version. In a cluster every node migrates its own copy: migrations run without
 * the triggers, which are then made for the columns of the new schema. Rows that came before from a leader that had it are
 * completed.
 */
export function migrateMainDb(db: Database, migrations: readonly string[], what: string): void {
  bringUp(db, migrations, what);
  if (new LaterRows(db).isEmpty()) return;
  asApplied(db, () => {
    const applier = new RowApplier(db);
    applier.readTables();
    applier.applyLater();
  });
}

function bringUp(db: Database, migrations: readonly string[], what: string): void {
  refuseNewer(db, migrations, what);
  if (!isInCluster(db)) {
    migrate(db, migrations, what);
    return;
  }
  const isReady = () => readVersion(db) === migrations.length && hasTriggers(db);
  if (isReady()) return;
  // One transaction, so that no other process changes a row while there are no triggers.
  db.transaction(() => {
    if (isReady()) return;
    dropTriggers(db);
    migrate(db, migrations, what);
    createTriggers(db);
  }).immediate();
}

/** A database of an earlier version has no such table. */
function isInCluster(db: Database): boolean {
  const table = db.query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'cluster_state'").get();
  return table !== null && db.query("SELECT 1 FROM cluster_state").get() !== null;
}
