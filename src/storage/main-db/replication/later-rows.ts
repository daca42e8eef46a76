/**
 * Keeps what rows of a later version have that this version's tables do not, until the program that knows it opens the
 * database. Nothing of it is lost, whichever node leads meanwhile.
 */
import type { Database } from "bun:sqlite";
import type { Row, RowChange } from "./row-change.ts";
import { readStoredRow, type StoredChange, writeStoredRow } from "./stored-row.ts";

/** `key` is null for a change of a table that was not known. */
export type LaterRow = StoredChange & Readonly<{ id: number; key: string | null }>;

export class LaterRows {
  readonly #any;
  readonly #all;
  readonly #find;
  readonly #put;
  readonly #add;
  readonly #remove;
  readonly #forget;

  constructor(db: Database) {
    this.#any = db.prepare("SELECT 1 FROM cluster_later LIMIT 1");
    this.#all = db.prepare<LaterRow, []>("SELECT * FROM cluster_later ORDER BY id");
    this.#find = db.prepare<{ content: string }, [string, string]>(
      "SELECT content FROM cluster_later WHERE table_name = ? AND key = ?",
    );
    this.#put = db.prepare<unknown, [string, string, string]>(
      `INSERT INTO cluster_later (table_name, key, op, content) VALUES (?, ?, 'put', ?)
       ON CONFLICT (table_name, key) DO UPDATE SET content = excluded.content`,
    );
    this.#add = db.prepare<unknown, [string, string, string]>(
      "INSERT INTO cluster_later (table_name, op, content) VALUES (?, ?, ?)",
    );
    this.#remove = db.prepare<unknown, [string, string]>(
      "DELETE FROM cluster_later WHERE table_name = ? AND key = ?",
    );
    this.#forget = db.prepare<unknown, [number]>("DELETE FROM cluster_later WHERE id = ?");
  }

  isEmpty(): boolean {
    return this.#any.get() === null;
  }

  list(): readonly LaterRow[] {
    return this.#all.all();
  }

  /** `row` has the key's columns and those that are not known. */
  keepColumns(table: string, key: string, row: Row): void {
    const before = this.#find.get(table, key);
    // The leader of the version between knows some of them only.
    const all = before === null ? row : { ...readStoredRow(before.content), ...row };
    this.#put.run(table, key, writeStoredRow(all));
  }

  /** A change of a table that is not known. */
  keepChange(change: RowChange): void {
    const [op, row] = "row" in change ? (["put", change.row] as const) : (["gone", change.gone] as const);
    this.#add.run(change.table, op, writeStoredRow(row));
  }

  /** The row with that key is gone. */
  remove(table: string, key: string): void {
    this.#remove.run(table, key);
  }

  forget(id: number): void {
    this.#forget.run(id);
  }
}
