/**
 * One webhook as one SQLite file: its event file, with its configuration as a document in a table beside the events.
 */
import { Database } from "bun:sqlite";
import { diskFault } from "../../lib/disk-fault.ts";
import { AppError, errorMessage } from "../../lib/errors.ts";
import { copyDatabase, listStructureFaults } from "../backup/copy-database.ts";
import { clearIndex } from "../event-db/fields/field-index.ts";
import { eventMigrations } from "../event-db/migrations/index.ts";
import { listLedgerFaults } from "../event-db/numbers/ledger.ts";
import { changeFile } from "./change-file.ts";
import { listRowFaults } from "./row-faults.ts";
import { hasSecrets } from "./sealed-requests.ts";

export const EXPORT_TABLE = "webhook_export";
const TABLE_SQL = `CREATE TABLE ${EXPORT_TABLE} (document TEXT NOT NULL) STRICT`;
/** Limit of the JSON document, which the event loop parses; a webhook with a thousand targets has about 1 MiB. */
const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

/** Writes the file; takes time in proportion to its size. `to` must not exist. */
export function writeWebhookFile(options: { eventFile: string; to: string; document: string }): void {
  const { eventFile, to, document } = options;
  copyDatabase({ from: eventFile, to });
  changeFile(to, (db) => {
    // Drops the tables that Litestream adds to a database it replicates; they are no part of the webhook.
    for (const table of listReplicatorTables(db)) db.run(`DROP TABLE "${table}"`);
    if (hasSecrets(db)) {
      // The secrets are sealed with this server's key and useless elsewhere; secure_delete overwrites their bytes.
      db.run("PRAGMA secure_delete = ON");
      db.run("UPDATE rejected_requests SET sealed_secret = NULL WHERE sealed_secret IS NOT NULL");
    }
    db.run(TABLE_SQL);
    db.prepare(`INSERT INTO ${EXPORT_TABLE} VALUES (?)`).run(document);
  });
}

/**
 * Returns the configuration document of a file that a stranger may have made, and migrates an older file to the newest
 * schema. Throws AppError `invalid` unless structure, schema, rows and ledger are all sound.
 */
export function readWebhookFile(path: string): string {
  try {
    const [broken] = listStructureFaults(path, "integrity_check");
    if (broken !== undefined) throw unfit(broken);
    changeFile(path, (db) => {
      refuseOthers(db);
      upgrade(db);
      // A wrong index would hide events; the gateway makes it again.
      clearIndex(db);
    });
    return readSound(path);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw diskFault(error) ?? unfit(errorMessage(error));
  }
}

function refuseOthers(db: Database): void {
  const version = versionOf(db);
  if (version > eventMigrations.length) {
    throw unfit("it comes from a newer webhooker", "Import it with that version or a newer one.");
  }
  requireOwnSchema(db, version);
}

function readSound(path: string): string {
  const db = new Database(path, { readonly: true });
  try {
    db.run("PRAGMA trusted_schema = OFF");
    const [fault] = [...listRowFaults(db, EXPORT_TABLE), ...listLedgerFaults(db)];
    if (fault !== undefined) throw unfit(fault);
    return readDocument(db);
  } finally {
    db.close(true);
  }
}

/** Migrates as opening an event file does. */
function upgrade(db: Database): void {
  for (const sql of eventMigrations.slice(versionOf(db))) db.run(sql);
  db.run(`PRAGMA user_version = ${eventMigrations.length}`);
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

/** A stranger's triggers, views or other tables would run in our statements. */
function requireOwnSchema(db: Database, version: number): void {
  const own = new Database(":memory:");
  try {
    for (const sql of eventMigrations.slice(0, version)) own.run(sql);
    own.run(TABLE_SQL);
    if (describeSchema(own) !== describeSchema(db))
      throw unfit("its tables do not match an exported webhook");
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
      `SELECT document FROM ${EXPORT_TABLE} WHERE octet_length(document) <= ? LIMIT 2`,
    )
    .all(MAX_DOCUMENT_BYTES);
  const [row, another] = rows;
  if (!row || another) throw unfit("it does not contain exactly one webhook");
  return row.document;
}

function unfit(fault: string, hint = "Export it again with: webhooker export WEBHOOK FILE."): AppError {
  return new AppError({
    kind: "invalid",
    code: "not_an_export",
    message: `The file is not an exported webhook: ${fault}.`,
    hint,
  });
}
