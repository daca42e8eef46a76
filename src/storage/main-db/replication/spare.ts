/** Tells whether a main database is that of a cluster's node that has no event files. */
import { openForReading } from "../../sqlite/reading-database.ts";

/** False if it cannot be read: opening it reports the fault. */
export function isSpare(dbPath: string): boolean {
  try {
    const db = openForReading(dbPath);
    try {
      return db.query("SELECT 1 FROM cluster_state WHERE keeps = 0").get() !== null;
    } finally {
      db.close(true);
    }
  } catch {
    return false;
  }
}
