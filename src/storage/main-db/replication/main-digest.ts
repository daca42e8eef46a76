/** Makes digests of the rows that all nodes of a cluster have alike in their main databases. */
import type { Database } from "bun:sqlite";
import { z } from "zod";
import { readVersion } from "../../sqlite/own-database.ts";
import { listReplicatedTables, quoted, type ReplicatedTable } from "./replicated-tables.ts";

export type MainDigest = Readonly<{
  schema: number;
  tables: ReadonlyMap<string, string>;
  /** Position in the log of the last rows that it has. */
  position: number;
  /** It has changes that are not in the log yet. */
  hasUnshipped: boolean;
}>;

const stateSchema = z.object({ position: z.number(), unshipped: z.number() });

/** All of one state of the database. The connection must be in no transaction. Throws for one that is no part of a cluster. */
export function digestMain(db: Database): MainDigest {
  db.run("BEGIN");
  try {
    const { position, unshipped } = stateSchema.parse(
      db
        .query("SELECT position, EXISTS (SELECT 1 FROM cluster_outbox) AS unshipped FROM cluster_state")
        .get(),
    );
    const tables = new Map(listReplicatedTables(db).map((table) => [table.name, digest(db, table)]));
    return { schema: readVersion(db), tables, position, hasUnshipped: unshipped === 1 };
  } finally {
    db.run("ROLLBACK");
  }
}

/** The order of rows without a number is the database's own affair. */
function digest(db: Database, { name, columns, key }: ReplicatedTable): string {
  const hash = new Bun.CryptoHasher("sha256");
  const values = columns.map((column) => `quote(${quoted(column)})`).join(", ");
  const statement = db.prepare<Record<string, string>, []>(
    `SELECT json_array(${values}) AS row FROM ${quoted(name)} ORDER BY ${key.map(quoted).join(", ")}`,
  );
  try {
    for (const { row } of statement.iterate()) hash.update(`${row}\n`);
  } finally {
    statement.finalize();
  }
  return hash.digest("hex");
}
