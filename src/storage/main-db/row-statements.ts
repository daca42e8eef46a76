/**
 * Statements that write one row of a table, prepared once: drizzle would build and prepare them again for every row, which
 * takes longer than the write itself.
 */
import type { Database } from "bun:sqlite";
import { getTableColumns, getTableName } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

/** A change whose values are ready, so that it takes little of the transaction that it runs in. */
export type RowWrite = () => void;

type Stored = string | number | null;

/** Only rows that are not deleted are updated. */
export function createRowStatements<
  Table extends SQLiteTable,
  Key extends keyof Table["$inferSelect"] & string,
  Changeable extends keyof Table["$inferSelect"] & string,
>(db: Database, table: Table, of: Readonly<{ key: readonly Key[]; changeable: readonly Changeable[] }>) {
  type Row = Table["$inferSelect"];
  const columns = new Map(Object.entries(getTableColumns(table)));

  function columnOf(field: string) {
    const column = columns.get(field);
    if (column === undefined) throw new Error(`${getTableName(table)} has no column for ${field}`);
    return column;
  }

  /** Reads the values of `row` as SQLite takes them. */
  function valuesOf(row: Readonly<Record<string, unknown>>, fields: readonly string[]): Stored[] {
    return fields.map((field) => {
      const value = row[field] ?? null;
      return value === null ? null : toStored(columnOf(field).mapToDriverValue(value));
    });
  }

  const all = [...columns.keys()];
  const changed: readonly string[] = of.changeable;
  const key: readonly string[] = of.key;
  // A key that is set, even to itself, has SQLite look for all rows that refer to it, which no index finds.
  const others = all.filter((field) => !key.includes(field));
  const equals = (fields: readonly string[]) => fields.map((field) => `${columnOf(field).name} = ?`);
  const insert = db.prepare<unknown, Stored[]>(
    `INSERT INTO ${getTableName(table)} (${all.map((field) => columnOf(field).name).join(", ")})
     VALUES (${all.map(() => "?").join(", ")})`,
  );
  const update = db.prepare<unknown, Stored[]>(
    `UPDATE ${getTableName(table)} SET ${equals(changed).join(", ")}
     WHERE ${[...equals(key), "deleted_at IS NULL"].join(" AND ")}`,
  );

  const overwrite = db.prepare<unknown, Stored[]>(
    `UPDATE ${getTableName(table)} SET ${equals(others).join(", ")}
     WHERE ${[...equals(key), "deleted_at IS NOT NULL"].join(" AND ")}`,
  );

  return {
    insert(row: Row): RowWrite {
      const values = valuesOf(row, all);
      return () => void insert.run(...values);
    },
    /** The deleted row with this key becomes this one; throws if there is none. */
    overwriteDeleted(row: Row): RowWrite {
      const values = valuesOf(row, [...others, ...key]);
      return () => {
        if (overwrite.run(...values).changes === 0) throw new Error("there is no such deleted row");
      };
    },
    update(row: Pick<Row, Key | Changeable>): RowWrite {
      const values = valuesOf(row, [...changed, ...key]);
      return () => void update.run(...values);
    },
  };
}

function toStored(value: unknown): Stored {
  if (typeof value === "string" || typeof value === "number") return value;
  throw new Error("a column has a value that SQLite cannot store");
}
