/** Writes rows that came from the log into a copy: exactly as they are at the leader, whichever version that is. */
import type { Database } from "bun:sqlite";
import { sqliteCode } from "../../sqlite/sqlite.ts";
import { LaterRows } from "./later-rows.ts";
import { listReplicatedTables, type ReplicatedTable } from "./replicated-tables.ts";
import type { Row, RowChange } from "./row-change.ts";
import { RowWriter } from "./row-writer.ts";
import { readStoredChange } from "./stored-row.ts";

/** The leader's tables and this version's differ in more than what was added to them. */
export class UnfitRows extends Error {
  override readonly name = "UnfitRows";
}

export class RowApplier {
  readonly #db: Database;
  readonly #version;
  readonly #writer: RowWriter;
  readonly #later: LaterRows;
  #tables: ReadonlyMap<string, ReplicatedTable> = new Map();
  #tablesVersion: number | null = null;

  constructor(db: Database) {
    this.#db = db;
    this.#version = db.prepare<{ schema_version: number }, []>("PRAGMA schema_version");
    this.#writer = new RowWriter(db);
    this.#later = new LaterRows(db);
  }

  /** Another process may have migrated the file. */
  readTables(): void {
    const version = this.#version.get()?.schema_version ?? null;
    if (version !== null && version === this.#tablesVersion) return;
    this.#tables = new Map(listReplicatedTables(this.#db).map((table) => [table.name, table]));
    this.#tablesVersion = version;
  }

  /**
   * Runs in the caller's transaction. A later version's columns and tables are kept aside; columns that an earlier version
   * does not have stay as they are. Throws UnfitRows.
   */
  apply(change: RowChange): void {
    const table = this.#tables.get(change.table);
    if (table === undefined) this.#later.keepChange(change);
    else if ("row" in change) this.#put(table, change.row);
    else this.#remove(table, change.gone);
  }

  /** Puts in its place what was kept aside of tables and columns that are known by now. In the caller's transaction. */
  applyLater(): void {
    for (const later of this.#later.list()) {
      const table = this.#tables.get(later.table_name);
      if (table === undefined) continue;
      const change = readStoredChange(later);
      if (later.key === null) {
        this.#later.forget(later.id);
        this.apply(change);
      } else if ("row" in change) {
        const { known, unknown } = divided(table, change.row);
        // Each has the key as well.
        if (Object.keys(known).length === table.key.length) continue;
        this.#later.forget(later.id);
        if (this.#writer.replaceWithin(table, known)) this.#keep(table, change.row, unknown);
      }
    }
  }

  #put(table: ReplicatedTable, row: Row): void {
    requireKey(table, row);
    const { known, unknown } = divided(table, row);
    const isWhole = Object.keys(known).length === table.columns.length;
    try {
      if (isWhole || !this.#writer.replaceWithin(table, known)) this.#writer.replace(table, known);
    } catch (error) {
      // The leader's version allowed it.
      const isUnfit = sqliteCode(error)?.startsWith("SQLITE_CONSTRAINT");
      throw isUnfit ? new UnfitRows(`A row does not fit into ${table.name}.`, { cause: error }) : error;
    }
    this.#keep(table, row, unknown);
  }

  #keep(table: ReplicatedTable, row: Row, unknown: Row): void {
    if (Object.keys(unknown).length === 0) return;
    const key = this.#writer.keyOf(table, row);
    if (key === null) return;
    const ofKey = Object.fromEntries(table.key.map((column) => [column, row[column] ?? null]));
    this.#later.keepColumns(table.name, key, { ...ofKey, ...unknown });
  }

  #remove(table: ReplicatedTable, gone: Row): void {
    requireKey(table, gone);
    if (!this.#later.isEmpty()) {
      const key = this.#writer.keyOf(table, gone);
      if (key !== null) this.#later.remove(table.name, key);
    }
    this.#writer.remove(table, gone);
  }
}

/** Splits a row into the columns that this version has, and the others. */
function divided({ columns }: ReplicatedTable, row: Row): { known: Row; unknown: Row } {
  const names = Object.keys(row);
  // As nearly always.
  if (names.every((column) => columns.includes(column))) return { known: row, unknown: {} };
  const pick = (isMeant: (column: string) => boolean): Row =>
    Object.fromEntries(Object.entries(row).filter(([column]) => isMeant(column)));
  return {
    known: pick((column) => columns.includes(column)),
    unknown: pick((each) => !columns.includes(each)),
  };
}

function requireKey({ name, key }: ReplicatedTable, row: Row): void {
  const missing = key.find((column) => row[column] === undefined);
  if (missing !== undefined) throw new UnfitRows(`Rows of ${name} come without ${missing}.`);
}
