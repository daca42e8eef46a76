/** One webhook as one SQLite file: its event file, and its configuration as a document in a table beside the events. */
import { Database } from "bun:sqlite";
import { closeSync, fsyncSync, openSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { AppError, errorMessage } from "../../lib/errors.ts";
import { copyDatabase, listStructureFaults } from "../backup/copy-database.ts";
import { listLedgerFaults } from "../event-db/ledger.ts";
import { eventMigrations } from "../event-db/migrations/index.ts";
import { syncFolder } from "../folder.ts";
import { refuseNewer } from "../migrate.ts";

const TABLE = "webhook_export";
const TABLE_SQL = `CREATE TABLE ${TABLE} (document TEXT NOT NULL) STRICT`;
/** Of JSON, which the event loop parses; a webhook with a thousand targets has about one. */
const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

/** The migrations that made the tables of replays. */
const REPLAY_TABLES = { replay_runs: 2, replay_targets: 11 } as const;

/** From each old id to the new one. */
export type IdChanges = Readonly<Record<string, string>>;

/** Takes as long as the file is large; `to` must not exist. */
export function writeWebhookFile(options: { eventFile: string; to: string; document: string }): void {
  const { eventFile, to, document } = options;
  copyDatabase({ from: eventFile, to });
  change(to, (db) => {
    // What Litestream keeps in a file that it replicates is no part of the webhook.
    for (const table of listReplicatorTables(db)) db.run(`DROP TABLE "${table}"`);
    db.run(TABLE_SQL);
    db.prepare(`INSERT INTO ${TABLE} VALUES (?)`).run(document);
  });
}

export type WebhookFileContent = Readonly<{
  document: string;
  /** All that the events name: deleted ones, and what a stranger may have written, too. */
  targetIds: readonly string[];
}>;

/** What is in a file that a stranger may have made; throws AppError invalid for one that is not sound in every way. */
export function readWebhookFile(path: string): WebhookFileContent {
  let db: Database | null = null;
  try {
    const [broken] = listStructureFaults(path, "integrity_check");
    if (broken !== undefined) throw new Error(broken);
    db = new Database(path, { readonly: true });
    db.run("PRAGMA trusted_schema = OFF");
    refuseNewer(db, eventMigrations, "event file");
    requireOwnSchema(db);
    const [fault] = versionOf(db) === eventMigrations.length ? listLedgerFaults(db) : [];
    if (fault !== undefined) throw new Error(fault);
    return { document: readDocument(db), targetIds: listTargetIds(db) };
  } catch (error) {
    throw error instanceof AppError ? error : unfit(errorMessage(error));
  } finally {
    db?.close(true);
  }
}

/** Makes it the event file that it was copied from, at its place, with other ids where those are taken. */
export function adoptWebhookFile(options: { path: string; to: string; ids: IdChanges }): void {
  const { path, to, ids } = options;
  change(path, (db) => {
    db.run(`DROP TABLE ${TABLE}`);
    for (const { table, column } of listIdColumns(db)) {
      const update = db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${column} = ?`);
      for (const [before, after] of Object.entries(ids)) update.run(after, before);
    }
    // What was being replayed is not gone on with: its filter names the old ids, and who asked is no user here.
    for (const [table, since] of Object.entries(REPLAY_TABLES)) {
      if (versionOf(db) >= since) db.run(`DELETE FROM ${table}`);
    }
  });
  renameSync(path, to);
  syncFolder(dirname(to));
}

function change(path: string, act: (db: Database) => void): void {
  const db = new Database(path, { readwrite: true, create: false });
  try {
    db.run("PRAGMA trusted_schema = OFF");
    db.transaction(act)(db);
  } finally {
    db.close(true);
  }
  const file = openSync(path, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function listReplicatorTables(db: Database): readonly string[] {
  return db
    .query<{ name: string }, []>(
      "SELECT name FROM sqlite_schema WHERE name IN ('_litestream_seq', '_litestream_lock')",
    )
    .all()
    .map(({ name }) => name);
}

type SchemaRow = { type: string; name: string; tbl_name: string; sql: string | null };

/** Triggers, views or other tables of a stranger would run in our statements. */
function requireOwnSchema(db: Database): void {
  const own = new Database(":memory:");
  try {
    for (const sql of eventMigrations.slice(0, versionOf(db))) own.run(sql);
    own.run(TABLE_SQL);
    if (describeSchema(own) !== describeSchema(db)) throw unfit("its tables are not those of a webhook");
  } finally {
    own.close();
  }
}

function describeSchema(db: Database): string {
  const rows = db.query<SchemaRow, []>("SELECT type, name, tbl_name, sql FROM sqlite_schema").all();
  return JSON.stringify(rows.map((row) => JSON.stringify(row)).sort());
}

function versionOf(db: Database): number {
  return db.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
}

function readDocument(db: Database): string {
  const rows = db
    .query<{ document: string }, [number]>(
      `SELECT document FROM ${TABLE} WHERE octet_length(document) <= ? LIMIT 2`,
    )
    .all(MAX_DOCUMENT_BYTES);
  const [row, another] = rows;
  if (!row || another) throw unfit("it does not describe one webhook");
  return row.document;
}

function listTargetIds(db: Database): readonly string[] {
  const columns = listIdColumns(db).filter(({ column }) => column === "target_id");
  const all = columns.map(({ table }) => `SELECT target_id AS id FROM ${table} WHERE target_id IS NOT NULL`);
  return db
    .query<{ id: string }, []>(all.join(" UNION "))
    .all()
    .map(({ id }) => id);
}

/** Whatever tables there are: an id of a target or an entrypoint stands in a column of that name. */
function listIdColumns(db: Database): readonly { table: string; column: string }[] {
  return db
    .query<{ table: string; column: string }, []>(
      `SELECT m.name AS "table", c.name AS "column" FROM sqlite_schema m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' AND c.name IN ('target_id', 'entrypoint_id')`,
    )
    .all();
}

function unfit(fault: string): AppError {
  return new AppError({
    kind: "invalid",
    code: "not_an_export",
    message: `This file is no exported webhook: ${fault}.`,
    hint: "Export it again with: webhooker export WEBHOOK FILE.",
  });
}
