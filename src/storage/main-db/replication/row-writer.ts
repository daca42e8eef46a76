/** Writes rows into tables exactly as they are given, and finds them by their primary keys. */
import type { Database } from "bun:sqlite";
import { quoted, type ReplicatedTable } from "./replicated-tables.ts";
import type { Row, RowValue } from "./row-change.ts";
import { objectOf } from "./triggers.ts";

type Bound = null | string | bigint | number | Uint8Array;

export class RowWriter {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Columns that are not given get their defaults. REPLACE also removes rows that the leader replaced: SQLite tells no
   * trigger of those.
   */
  replace({ name }: ReplicatedTable, row: Row): void {
    const columns = Object.keys(row);
    const values = Object.values(row);
    this.#run(
      `INSERT OR REPLACE INTO ${quoted(name)} (${columns.map(quoted).join(", ")})
       VALUES (${values.map(markOf).join(", ")})`,
      values,
    );
  }

  /** As `replace`, but columns that are not given stay as they are. Returns false, without a change, if there is no such row. */
  replaceWithin(table: ReplicatedTable, row: Row): boolean {
    const columns = Object.keys(row);
    const kept = table.columns.filter((column) => !columns.includes(column)).map(quoted);
    const { where, values } = isIt(table, row);
    return this.#run(
      `INSERT OR REPLACE INTO ${quoted(table.name)} (${[...columns.map(quoted), ...kept].join(", ")})
       SELECT ${[...Object.values(row).map(markOf), ...kept].join(", ")} FROM ${quoted(table.name)} WHERE ${where}`,
      [...Object.values(row), ...values],
    );
  }

  remove(table: ReplicatedTable, key: Row): void {
    const { where, values } = isIt(table, key);
    this.#run(`DELETE FROM ${quoted(table.name)} WHERE ${where}`, values);
  }

  /** Returns the row's primary key as the triggers write it; null if there is no such row. */
  keyOf(table: ReplicatedTable, row: Row): string | null {
    const { where, values } = isIt(table, row);
    const sql = `SELECT ${objectOf(table.key, quoted)} AS key FROM ${quoted(table.name)} WHERE ${where}`;
    return this.#db.query<{ key: string }, Bound[]>(sql).get(...values.map(toBound))?.key ?? null;
  }

  /** Returns whether a row was written. */
  #run(sql: string, values: readonly RowValue[]): boolean {
    return this.#db.query<unknown, Bound[]>(sql).run(...values.map(toBound)).changes > 0;
  }
}

function isIt({ key }: ReplicatedTable, row: Row): { where: string; values: readonly RowValue[] } {
  const values = key.map((column) => row[column] ?? null);
  const where = key.map((column, n) => `${quoted(column)} = ${markOf(values[n] ?? null)}`).join(" AND ");
  return { where, values };
}

/** The runtime would bind a whole number such as 5.0 as an integer. */
function markOf(value: RowValue): string {
  return isReal(value) ? "CAST(? AS REAL)" : "?";
}

function isReal(value: RowValue): value is Readonly<{ real: string }> {
  return typeof value === "object" && value !== null && "real" in value;
}

function toBound(value: RowValue): Bound {
  if (typeof value === "number") return BigInt(value);
  if (value === null || typeof value === "string" || value instanceof Uint8Array) return value;
  return isReal(value) ? Number(value.real) : BigInt(value.int);
}
