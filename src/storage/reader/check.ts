/** Checks every database without changing any: its structure, its ledger against its rows, and the audit log. */
import type { Database } from "bun:sqlite";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { errorMessage } from "../../lib/errors.ts";
import { eventMigrations } from "../event-db/migrations/index.ts";
import { listLedgerFaults } from "../event-db/numbers/ledger.ts";
import { listAuditFaults } from "../main-db/audit/faults.ts";
import { isSpare } from "../main-db/replication/spare.ts";
import { isLost, LOST, sizeOf, walBytesOf } from "../sqlite/file-size.ts";
import { readVersion, refuseForeign } from "../sqlite/own-database.ts";
import { isWorthReadingAhead, readAhead } from "../sqlite/read-ahead.ts";
import { openForReading } from "../sqlite/reading-database.ts";
import { sqliteCode } from "../sqlite/sqlite.ts";
import { waitForWal } from "../sqlite/wal-in-use.ts";

/** `database` is "main database" or an event file's name. */
export type CheckFault = Readonly<{ database: string; fault: string }>;

export type CheckReport = Readonly<{ eventFiles: number; faults: readonly CheckFault[] }>;

export type CheckProgress = Readonly<{
  database: string;
  /** Position among the event files, from 1. */
  number: number;
  eventFiles: number;
  bytes: number;
  part: "reading" | "structure" | "ledger";
}>;

const EVENT_FILE = /^events-(.+)\.db$/;

/**
 * Checks all databases and blocks until done: minutes for a file of ten gigabytes. `onProgress` is called as each part
 * begins.
 */
export function checkDatabases(
  where: { dbPath: string; dataDir: string },
  onProgress: (progress: CheckProgress) => void = () => undefined,
): CheckReport {
  const { dbPath, dataDir } = where;
  const main = inspect("main database", dbPath, (db) => ({
    ...listWebhookIds(db),
    faults: listAuditFaults(db),
  }));
  const files = readdirSync(dataDir)
    .filter((name) => EVENT_FILE.test(name))
    .sort();
  const faults = [...main.faults];
  for (const [index, name] of files.entries()) {
    const path = join(dataDir, name);
    const bytes = sizeOf(path);
    const tell = (part: CheckProgress["part"]) =>
      onProgress({ database: name, number: index + 1, eventFiles: files.length, bytes, part });
    if (isWorthReadingAhead(bytes)) {
      tell("reading");
      readAhead(path);
    }
    tell("structure");
    const walBytes = walBytesOf(path);
    const { faults: found } = inspect(name, path, (db) => {
      // Lets the WAL restart between the two reads; otherwise the WAL of a busy webhook would grow for as long as both
      // take.
      waitForWal(path, walBytes);
      tell("ledger");
      return { result: null, faults: checkLedger(db) };
    });
    // A missing file was deleted with its webhook meanwhile.
    if (existsSync(path)) faults.push(...found);
  }
  for (const name of missingFiles({ dbPath, dataDir, webhookIds: main.result ?? [] })) {
    faults.push({ database: name, fault: "the file of this webhook is missing" });
  }
  return { eventFiles: files.length, faults };
}

type Inspected<T> = Readonly<{ result: T | null; faults: readonly CheckFault[] }>;

/** `look` runs only if the structure is sound. */
function inspect<T>(
  database: string,
  path: string,
  look: (db: Database) => { result: T; faults: readonly string[] },
): Inspected<T> {
  const told = (faults: readonly string[]) => faults.map((fault) => ({ database, fault }));
  // SQLite would find no fault in an empty file.
  if (existsSync(path) && isLost(path)) return { result: null, faults: told([LOST]) };
  try {
    const db = openForReading(path);
    try {
      const broken = db
        .query<{ quick_check: string }, []>("PRAGMA quick_check")
        .all()
        .map((row) => row.quick_check)
        .filter((line) => line !== "ok");
      if (broken.length > 0) return { result: null, faults: told(broken) };
      const { result, faults } = look(db);
      return { result, faults: told(faults) };
    } finally {
      db.close();
    }
  } catch (error) {
    return { result: null, faults: told([isRefused(error, path) ? NOT_PERMITTED : errorMessage(error)]) };
  }
}

/** SQLite reads a database with files beside it, which it may have to create. */
const NOT_PERMITTED = "this user may not read it, or not write to its folder";

/** False where a descriptor or space was missing instead. */
function isRefused(error: unknown, path: string): boolean {
  if (!/^SQLITE_(CANTOPEN|READONLY)/.test(sqliteCode(error) ?? "")) return false;
  try {
    accessSync(path, constants.R_OK);
    accessSync(dirname(path), constants.W_OK);
    return false;
  } catch {
    return true;
  }
}

function listWebhookIds(db: Database): { result: readonly string[]; faults: readonly string[] } {
  refuseForeign(db, { what: "main database", table: "webhooks" });
  const rows = db.query<{ id: string }, []>("SELECT id FROM webhooks WHERE deleted_at IS NULL").all();
  return { result: rows.map(({ id }) => id), faults: [] };
}

function checkLedger(db: Database): readonly string[] {
  refuseForeign(db, { what: "event file", table: "events" });
  const version = readVersion(db);
  if (version > eventMigrations.length) return [`it was written by a newer webhooker (schema ${version})`];
  // An older file has not been opened since the upgrade, and its ledger may have another form.
  return version < eventMigrations.length ? [] : listLedgerFaults(db);
}

/** Reads the webhooks again at the end: one may have been deleted meanwhile. */
function missingFiles(given: {
  dbPath: string;
  dataDir: string;
  webhookIds: readonly string[];
}): readonly string[] {
  const { dbPath, dataDir, webhookIds } = given;
  if (isSpare(dbPath)) return [];
  const nameOf = (id: string) => `events-${id}.db`;
  const missing = webhookIds.filter((id) => !existsSync(join(dataDir, nameOf(id))));
  if (missing.length === 0) return [];
  const now = new Set(inspect("main database", dbPath, listWebhookIds).result ?? []);
  return missing.filter((id) => now.has(id)).map(nameOf);
}
