/** Makes the copy of a leader's main database that of the node which has fetched it, before it is put in place. */
import { Database } from "bun:sqlite";

/** A node's event files before it takes copies. */
export type Held = Readonly<{
  /** It keeps event files, and goes on to. */
  keeps: boolean;
  /** Up to where they have the log's entries; null if they are to be replaced. */
  upTo: number | null;
}>;

export type PreparedCopy = Readonly<{
  /** Event files to take: all, those that are missing here, or none, as the node is a spare. */
  wanted: "all" | "missing" | "none";
  /** Reading the log begins behind it. */
  position: number;
}>;

/** Throws for a main database that is no node's. */
export function prepareCopy(path: string, { node, held }: { node: string; held: Held }): PreparedCopy {
  const db = new Database(path, { readwrite: true, create: false });
  try {
    const has = (sql: string, ...values: string[]) =>
      db.query<unknown, string[]>(sql).get(...values) !== null;
    // In a cluster of an earlier version every node keeps the files, and no column says so.
    const isEarlier = !has("SELECT 1 FROM sqlite_schema WHERE name = 'keepers'");
    const keeps = held.keeps || isEarlier || has("SELECT 1 FROM keepers WHERE node = ?", node);
    const upTo = held.keeps ? held.upTo : null;
    const row = db
      .query<{ position: number }, [number]>(
        `UPDATE cluster_state SET role = 'following', synced_position = min(synced_position, ?)
           ${isEarlier ? "" : `, keeps = ${keeps ? 1 : 0}`}
         RETURNING synced_position AS position`,
      )
      .get(upTo ?? Number.MAX_SAFE_INTEGER);
    if (row === null) throw new Error("the leader's main database is no part of a cluster");
    return { wanted: keeps ? (upTo === null ? "all" : "missing") : "none", position: row.position };
  } finally {
    db.close(true);
  }
}
