/** Finds event files in the data folder, and tells those that never had anything in them. */
import { readdirSync } from "node:fs";
import { openForReading } from "../sqlite/reading-database.ts";

const EVENT_FILE = /^events-([0-9a-f-]{36})\.db$/;
/** Tables that say nothing of events. */
const OWN = new Set(["field_index", "log_position"]);

/** Webhooks that have a file, whether or not there is such a webhook. */
export function listEventFiles(dataDir: string): readonly string[] {
  return readdirSync(dataDir).flatMap((name) => EVENT_FILE.exec(name)?.[1] ?? []);
}

/** True for a file with any row, and for one that cannot be read. */
export function wasUsed(path: string): boolean {
  try {
    const db = openForReading(path);
    try {
      const tables = db
        .query<{ name: string }, []>(
          "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*'",
        )
        .all();
      return tables.some(
        ({ name }) => !OWN.has(name) && db.query(`SELECT 1 FROM "${name}" LIMIT 1`).get() !== null,
      );
    } finally {
      db.close();
    }
  } catch {
    return true;
  }
}
