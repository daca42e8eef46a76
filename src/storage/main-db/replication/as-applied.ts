/** How rows of the log are written: the leader's rows bring all consequences of a change along. */
import type { Database } from "bun:sqlite";

/** As a database says it; null for one that is part of no cluster. */
type Role = "leading" | "following" | null;

/**
 * Runs `act` in a transaction in which changes are neither captured nor refused, and no trigger and no foreign key adds to
 * them. No other connection ever sees the role by which the triggers know.
 */
export function asApplied<T>(db: Database, act: (role: Role) => T): T {
  // Does nothing within a transaction.
  db.run("PRAGMA foreign_keys = OFF");
  try {
    return db
      .transaction(() => {
        const role = db.query<{ role: Role }, []>("SELECT role FROM cluster_state").get()?.role ?? null;
        db.run("UPDATE cluster_state SET role = 'applying'");
        const result = act(role);
        if (role !== null) db.query<unknown, [string]>("UPDATE cluster_state SET role = ?").run(role);
        return result;
      })
      .immediate();
  } finally {
    db.run("PRAGMA foreign_keys = ON");
  }
}
