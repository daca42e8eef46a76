/** Writes rows that came from the log into a following copy, exactly as they are at the leader. */
import type { Database } from "bun:sqlite";
import { listReplicatedTables, quoted, type ReplicatedTable } from "./replicated-tables.ts";
import type { Row, RowChange, RowValue } from "./row-change.ts";

/** The leader has tables or columns that this version does not know. */
export class NewerRows extends Error {
  override readonly name = "NewerRows";
}

type Bound = null | string | bigint | number | Uint8Array;

export class RowApplier {
  readonly #db: Database;
  readonly #version;
  #tables: ReadonlyMap<string, ReplicatedTable> = new Map();
  #tablesVersion: number | null = null;

  constructor(db: Database) {
    this.#db = db;
    this.#version = db.prepare<{ schema_version: number }, []>("PRAGMA schema_version");
  }

  /** Runs in the caller's transaction. Throws NewerRows. */
  apply(change: RowChange): void {
    if ("row" in change) this.#put(this.#tableOf(change, change.row), change.row);
    else this.#remove(this.#tableOf(change, change.gone), change.gone);
  }

  /** Another process may have migrated the file. */
  readTables(): void {
    const version = this.#version.get()?.schema_version ?? null;
    if (version !== null && version === this.#tablesVersion) return;
    this.#tables = new Map(listReplicatedTables(this.#db).map((table) => [table.name, table]));
    this.#tablesVersion = version;
  }

  #tableOf({ table: name }: RowChange, row: Row): ReplicatedTable {
    const table = this.#tables.get(name);
    if (table === undefined) throw new NewerRows(`This version has no table ${name}.`);
    const unknown = Object.keys(row).find((column) => !table.columns.includes(column));
    if (unknown !== undefined) throw new NewerRows(`This version has no column ${name}.${unknown}.`);
    const missing = table.key.find((column) => row[column] === undefined);
    if (missing !== undefined) throw new NewerRows(`Rows of ${name} come without ${missing}.`);
    return table;
  }

  /** REPLACE also removes rows that the leader replaced: SQLite tells no trigger of those. */
  #put({ name }: ReplicatedTable, row: Row): void {
    const columns = Object.keys(row);
    const values = Object.values(row);
    this.#run(
      `INSERT OR REPLACE INTO ${quoted(name)} (${columns.map(quoted).join(", ")})
       VALUES (${values.map(markOf).join(", ")})`,
      values,
    );
  }

  #remove({ name, key }: ReplicatedTable, gone: Row): void {
    const values = key.map((column) => gone[column] ?? null);
    const isIt = key.map((column, n) => `${quoted(column)} = ${markOf(values[n] ?? null)}`);
    this.#run(`DELETE FROM ${quoted(name)} WHERE ${isIt.join(" AND ")}`, values);
  }

  #run(sql: string, values: readonly RowValue[]): void {
    this.#db.query<unknown, Bound[]>(sql).run(...values.map(toBound));
  }
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
