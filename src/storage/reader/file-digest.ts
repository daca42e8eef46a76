/** Makes digests of an event file's rows: two files that were given the same commands have equal ones. */
import type { Database } from "bun:sqlite";

/**
 * Tables whose rows depend on how commands were grouped into transactions, as events are added to tallies many at a time:
 * instead of them, what everybody reads of them.
 */
const READ_AS: ReadonlyMap<string, string> = new Map([
  [
    "counted_hours",
    `SELECT hour, sum(received) AS received, sum(bytes) AS bytes, sum(delivered) AS delivered, sum(failed) AS failed
      FROM hourly_tallies GROUP BY hour ORDER BY hour`,
  ],
  [
    "counted_entrypoints",
    "SELECT entrypoint_id, events, deleted, last_event_at FROM entrypoint_tallies ORDER BY entrypoint_id",
  ],
  // The last event that is in both.
  ["last_counted_event", "SELECT NULL WHERE false"],
  // Says nothing of events.
  ["log_position", "SELECT NULL WHERE false"],
]);

type Column = Readonly<{ name: string; type: string; pk: number }>;

/**
 * By table; reads every row of one state of the file. `onHeld` is called once later changes are not seen any more. The
 * connection must be in no transaction.
 */
export function digestTables(
  db: Database,
  onHeld: () => void = () => undefined,
): ReadonlyMap<string, string> {
  db.run("BEGIN");
  try {
    // The first read decides which state is seen.
    db.query("SELECT 1 FROM sqlite_schema").get();
    onHeld();
    const tables = db
      .query<{ name: string; without_rowid: number }, []>(
        `SELECT name, wr AS without_rowid FROM pragma_table_list
          WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
      )
      .all();
    return new Map(
      tables.map((table) => [table.name, digest(db, READ_AS.get(table.name) ?? selectAll(db, table))]),
    );
  } finally {
    db.run("ROLLBACK");
  }
}

/**
 * Rows with numbers come in the order in which they were written, which the tallies and the index of fields rely on. The
 * numbers themselves do not count, as VACUUM changes them.
 */
function selectAll(db: Database, of: Readonly<{ name: string; without_rowid: number }>): string {
  const columns = db.query<Column, [string]>("SELECT name, type, pk FROM pragma_table_info(?)").all(of.name);
  // JavaScript rounds large numbers.
  const values = columns.map(({ name, type }) =>
    type === "INTEGER" ? `CAST(${name} AS TEXT) AS ${name}` : name,
  );
  const key = columns.filter(({ pk }) => pk > 0).sort((one, other) => one.pk - other.pk);
  const order = of.without_rowid === 1 ? key.map(({ name }) => name).join(", ") : "rowid";
  return `SELECT ${values.join(", ")} FROM ${of.name} ORDER BY ${order}`;
}

type Cell = string | number | null | Uint8Array;

function digest(db: Database, sql: string): string {
  const hash = new Bun.CryptoHasher("sha256");
  const statement = db.prepare<Record<string, Cell>, []>(sql);
  try {
    for (const row of statement.iterate()) {
      const blobs: Uint8Array[] = [];
      // Each line says how many bytes follow it, so that no two files give the same text.
      const line = Object.entries(row).map(([column, cell]) => {
        if (!(cell instanceof Uint8Array)) return [column, cell];
        blobs.push(cell);
        return [column, { bytes: cell.byteLength }];
      });
      hash.update(`${JSON.stringify(line)}\n`);
      for (const blob of blobs) hash.update(blob);
    }
  } finally {
    statement.finalize();
  }
  return hash.digest("hex");
}
