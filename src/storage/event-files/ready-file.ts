/** Tells event files that can be opened and written to at once from those that are left as they are. */
import type { Database } from "bun:sqlite";
import { eventMigrations } from "../event-db/migrations/index.ts";
import { readVersion, refuseForeign } from "../sqlite/own-database.ts";
import { openForReading } from "../sqlite/reading-database.ts";

/** `requireReady` for a file with a WAL: a connection that may write would copy the WAL back as it closes. */
export function checkWithoutWriting(path: string): void {
  const db = openForReading(path);
  try {
    requireReady(db);
  } finally {
    db.close(true);
  }
}

/**
 * Throws for a file that is left as it is: another program's, a newer one, or an older one, which the event loop migrates
 * when it opens it.
 */
export function requireReady(db: Database): void {
  refuseForeign(db, { what: "event file", table: "events" });
  if (readVersion(db) !== eventMigrations.length) throw new Error("the file has another schema version");
}
