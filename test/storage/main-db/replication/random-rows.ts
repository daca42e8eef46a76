/** Random inserts, updates and deletions of rows of all tables by plain SQL, many of which SQLite refuses. */
import type { Database } from "bun:sqlite";
import {
  listReplicatedTables,
  quoted,
  type ReplicatedTable,
} from "../../../../src/storage/main-db/replication/replicated-tables.ts";
import { drawFrom } from "../../../support/draw.ts";

type Value = null | string | bigint | number | Uint8Array;

/** Few, so that rows refer to each other and collide. */
const IDS = ["a", "b", "c", "d", "e"];

/** By column: values that its checks let pass. */
const WORDS: Readonly<Record<string, readonly Value[]>> = {
  role: ["admin", "user", "viewer", "owner"],
  via: ["api", "gateway"],
  outcome: ["done", "failed"],
  channel: ["target", "email"],
  purpose: ["password", "email"],
  publish_check: ["off", "types", "schemas"],
  managed_by: [null, "file"],
  webhook_role: [null, "viewer", "editor"],
  deleted_at: [null, null, 5n],
};
const FLAGS = new Set(["active", "settles_at_ingest", "is_over", "is_told"]);
const TEXTS = ["", "x", "Grüße 😀", 'a"b\\c\u2028', "one\0two", "[]", "'; --"];
const NUMBERS = [0n, 1n, -1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), 1_790_000_000_000n];
const REALS = [0.1, 5.5, 1e300, 5e-324, -123.456];

const ACTS = [
  "insert",
  "insert",
  "insert",
  "replace",
  "update",
  "update",
  "updateAll",
  "move",
  "delete",
] as const;

type ColumnType = "TEXT" | "INTEGER" | "REAL" | "BLOB" | "ANY";

export class RandomRows {
  readonly #db: Database;
  readonly #random: () => number;
  readonly #tables: readonly ReplicatedTable[];
  readonly #types = new Map<string, ColumnType>();
  readonly #parents = new Map<string, string>();

  constructor(db: Database, seed: number) {
    this.#db = db;
    this.#random = drawFrom(seed);
    this.#tables = listReplicatedTables(db);
    for (const { name } of this.#tables) {
      const columns = db.query<{ name: string; type: ColumnType }, []>(`PRAGMA table_info(${quoted(name)})`);
      for (const { name: column, type } of columns.all()) this.#types.set(`${name}.${column}`, type);
      const keys = db.query<{ from: string; table: string }, []>(`PRAGMA foreign_key_list(${quoted(name)})`);
      for (const { from, table } of keys.all()) this.#parents.set(`${name}.${from}`, table);
    }
  }

  /** Makes some changes in one transaction, or one outside; what SQLite refuses is left out. */
  change(): void {
    const many = this.#pick([1, 1, 2, 8]);
    if (many === 1) this.#changeRow();
    else this.#db.transaction(() => Array.from({ length: many }, () => this.#changeRow()))();
  }

  #changeRow(): void {
    const table = this.#pick(this.#tables);
    const act = this.#pick(ACTS);
    try {
      if (act === "insert") this.#insert("INSERT OR IGNORE", table);
      else if (act === "replace") this.#insert("INSERT OR REPLACE", table);
      else if (act === "delete") this.#run(`DELETE FROM ${quoted(table.name)} WHERE`, table, []);
      else this.#update(act, table);
    } catch (error) {
      if (!String(error).match(/constraint|mismatch|append-only|cannot store|NULL value/i)) throw error;
    }
  }

  #insert(how: string, { name, columns }: ReplicatedTable): void {
    const values = columns.map((column) => this.#valueOf(name, column));
    const marks = columns.map(() => "?").join(", ");
    this.#db.query<unknown, Value[]>(`${how} INTO ${quoted(name)} VALUES (${marks})`).run(...values);
  }

  #update(act: "update" | "updateAll" | "move", table: ReplicatedTable): void {
    const others = table.columns.filter((column) => !table.key.includes(column));
    const column = this.#pick(act === "move" || others.length === 0 ? table.key : others);
    const how = this.#pick(["UPDATE", "UPDATE OR REPLACE"]);
    const sql = `${how} ${quoted(table.name)} SET ${quoted(column)} = ?`;
    const value = this.#valueOf(table.name, column);
    if (act === "updateAll") this.#db.query<unknown, Value[]>(sql).run(value);
    else this.#run(`${sql} WHERE`, table, [value]);
  }

  /** On one row. */
  #run(sql: string, { name, key }: ReplicatedTable, values: readonly Value[]): void {
    const columns = key.map(quoted).join(", ");
    const one = `SELECT ${columns} FROM ${quoted(name)} ORDER BY ${columns} LIMIT 1 OFFSET ${this.#place(name)}`;
    this.#db.query<unknown, Value[]>(`${sql} (${columns}) = (${one})`).run(...values);
  }

  /** Returns the id of a row that is there, or null. */
  #keyOf(parent: string): Value {
    if (this.#random() < 0.3) return null;
    const sql = `SELECT id FROM ${quoted(parent)} ORDER BY id LIMIT 1 OFFSET ${this.#place(parent)}`;
    return this.#db.query<{ id: Value }, []>(sql).get()?.id ?? null;
  }

  #place(table: string): number {
    const sql = `SELECT count(*) AS n FROM ${quoted(table)}`;
    return Math.floor(this.#random() * (this.#db.query<{ n: number }, []>(sql).get()?.n ?? 0));
  }

  #valueOf(table: string, column: string): Value {
    const parent = this.#parents.get(`${table}.${column}`);
    if (parent !== undefined && this.#random() < 0.9) return this.#keyOf(parent);
    if (FLAGS.has(column)) return this.#pick([0n, 1n]);
    const words = WORDS[column];
    if (words) return this.#pick(words);
    const type = this.#types.get(`${table}.${column}`);
    if (column === "id" && type === "INTEGER") return 1n;
    if (/(^|_)(id|name|hash|key)$/.test(column) && type === "TEXT") return this.#pick(IDS);
    return this.#pick(this.#valuesOf(type));
  }

  #valuesOf(type: ColumnType | undefined): readonly Value[] {
    const maybe = this.#random() < 0.2 ? [null] : [];
    if (type === "INTEGER") return [...NUMBERS, ...maybe];
    if (type === "REAL") return [...REALS, ...maybe];
    const blobs = [new Uint8Array(), new Uint8Array([0, 255, 39])];
    if (type === "BLOB") return [...blobs, ...maybe];
    return type === "ANY" ? [...NUMBERS, ...REALS, ...TEXTS, ...blobs, ...maybe] : [...TEXTS, ...maybe];
  }

  #pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(this.#random() * from.length)];
    if (picked === undefined) throw new Error("there is nothing to pick from");
    return picked;
  }
}
