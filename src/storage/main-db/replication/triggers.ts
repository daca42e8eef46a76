/**
 * Triggers that a main database has while it is part of a cluster. Being part of the file, they act on the changes of all
 * processes: on the leader they put every changed row into the outbox, on a follower they refuse the change.
 */
import type { Database } from "bun:sqlite";
import { listReplicatedTables, quoted, type ReplicatedTable } from "./replicated-tables.ts";

export const REFUSAL = "this node follows the leader of its cluster, and changes are made at the leader";

type Trigger = Readonly<{ name: string; sql: string }>;

/** The safe range of JavaScript's numbers. */
const SAFE = `BETWEEN ${Number.MIN_SAFE_INTEGER} AND ${Number.MAX_SAFE_INTEGER}`;

/** `quote` writes a floating-point number with as many digits as it takes to read the same one back. */
function jsonOf(value: string): string {
  return `CASE typeof(${value})
      WHEN 'integer' THEN CASE WHEN ${value} ${SAFE} THEN ${value} ELSE json_object('int', CAST(${value} AS TEXT)) END
      WHEN 'real' THEN json_object('real', quote(${value}))
      WHEN 'blob' THEN json_object('blob', hex(${value}))
      ELSE ${value} END`;
}

/** SQL of a JSON object with these columns. */
export function objectOf(columns: readonly string[], of: (column: string) => string): string {
  const pairs = columns.map((column) => `'${column.replaceAll("'", "''")}', ${jsonOf(of(column))}`);
  return `json_object(${pairs.join(", ")})`;
}

function triggersOf({ name, columns, key }: ReplicatedTable): readonly Trigger[] {
  const literal = `'${name.replaceAll("'", "''")}'`;
  const column = (of: "OLD" | "NEW") => (each: string) => `${of}.${quoted(each)}`;
  const insert = "INSERT INTO cluster_outbox (table_name, op, content) SELECT";
  // Reads the row again: a trigger that came first may have changed it.
  const put = `${insert} ${literal}, 'put', ${objectOf(columns, quoted)} FROM ${quoted(name)}
    WHERE ${key.map((each) => `${quoted(each)} = NEW.${quoted(each)}`).join(" AND ")};`;
  const gone = `${insert} ${literal}, 'gone', ${objectOf(key, column("OLD"))}`;
  const isMoved = key.map((each) => `OLD.${quoted(each)} IS NOT NEW.${quoted(each)}`).join(" OR ");
  // The columns that a later version has more go with the row.
  const forget = `DELETE FROM cluster_later WHERE table_name = ${literal} AND key = ${objectOf(key, column("OLD"))}`;
  const bodies = {
    insert: put,
    update: `${gone} WHERE ${isMoved};\n  ${forget} AND (${isMoved});\n  ${put}`,
    delete: `${gone};\n  ${forget};`,
  };
  return Object.entries(bodies).map(([act, body]) => ({
    name: `cluster_${act}_${name}`,
    sql: `CREATE TRIGGER ${quoted(`cluster_${act}_${name}`)} AFTER ${act.toUpperCase()} ON ${quoted(name)}
WHEN (SELECT role FROM cluster_state) IS NOT 'applying'
BEGIN
  SELECT RAISE(ABORT, '${REFUSAL}') FROM cluster_state WHERE role = 'following';
  ${body}
END`,
  }));
}

function listTriggers(db: Database): readonly Trigger[] {
  return db
    .query<Trigger, []>(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND name GLOB 'cluster_*'",
    )
    .all();
}

function listWantedTriggers(db: Database): readonly Trigger[] {
  return listReplicatedTables(db).flatMap(triggersOf);
}

export function createTriggers(db: Database): void {
  for (const { sql } of listWantedTriggers(db)) db.run(sql);
}

export function dropTriggers(db: Database): void {
  for (const { name } of listTriggers(db)) db.run(`DROP TRIGGER ${quoted(name)}`);
}

/** True if the triggers are exactly those that `createTriggers` would make. */
export function hasTriggers(db: Database): boolean {
  const texts = (triggers: readonly Trigger[]) =>
    triggers
      .map(({ sql }) => sql)
      .toSorted()
      .join("\n");
  return texts(listTriggers(db)) === texts(listWantedTriggers(db));
}
