/** The tables of the main database that every node of a cluster has alike. */
import type { Database } from "bun:sqlite";

export type ReplicatedTable = Readonly<{
  name: string;
  columns: readonly string[];
  /** Columns of the primary key. */
  key: readonly string[];
}>;

/** Throws for a table without a declared primary key: its rows could not be told apart in another copy. */
export function listReplicatedTables(db: Database): readonly ReplicatedTable[] {
  const rows = db
    .query<{ name: string; column: string; pk: number }, []>(
      `SELECT t.name, c.name AS column, c.pk FROM sqlite_schema t, pragma_table_info(t.name) c
       WHERE t.type = 'table' AND t.name NOT GLOB 'cluster_*' AND t.name NOT GLOB 'sqlite_*'
         AND t.name NOT GLOB '_litestream_*'
       ORDER BY t.name, c.cid`,
    )
    .all();
  const tables = Map.groupBy(rows, ({ name }) => name);
  return [...tables].map(([name, columns]) => {
    const key = columns.filter(({ pk }) => pk > 0).map(({ column }) => column);
    if (key.length === 0) throw new Error(`the table ${name} has no primary key`);
    return { name, columns: columns.map(({ column }) => column), key };
  });
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
