/** Makes the copied main database of a cluster's node that of a gateway alone. */
import { Database } from "bun:sqlite";
import { dropTriggers } from "./triggers.ts";

/** Returns false, without a change, for one that is no node's. Nothing else may have the file open. */
export function leaveInCopy(path: string): boolean {
  const db = new Database(path, { readwrite: true, create: false });
  try {
    const hasTable = db.query("SELECT 1 FROM sqlite_schema WHERE name = 'cluster_state'").get() !== null;
    if (!hasTable || db.query("SELECT 1 FROM cluster_state").get() === null) return false;
    db.transaction(() => {
      dropTriggers(db);
      db.run("DELETE FROM cluster_outbox");
      db.run("DELETE FROM cluster_state");
    }).immediate();
    return true;
  } finally {
    db.close(true);
  }
}
