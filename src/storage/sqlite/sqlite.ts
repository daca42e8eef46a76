/** Opens SQLite files with the settings that every database of the program shares. */
import { constants, Database } from "bun:sqlite";
import { errorCode } from "../../lib/errors.ts";
import { APPLICATION_ID } from "./own-database.ts";

/** Milliseconds a statement waits for another connection's lock; the wait blocks the event loop, so keep it short. */
const BUSY_TIMEOUT_MS = 2_000;

/** The value of SQLite's `auto_vacuum` for incremental mode. */
const INCREMENTAL = 2;

type OpenOptions = Readonly<{
  path: string;
  /** Fails instead of creating a new file. */
  mustExist?: boolean;
  /**
   * FULL syncs every commit. NORMAL leaves durability to whoever syncs the write-ahead log, and syncs only the header of
   * one that is begun again; OFF not even that.
   */
  synchronous: "FULL" | "NORMAL" | "OFF";
  /** WAL pages after which a commit checkpoints by itself; 0 leaves checkpoints to the caller. */
  autocheckpointPages: number;
  /** Size of SQLite's page cache in KiB. */
  cacheKib: number;
}>;

/** Opens a database and configures it. `check`: see `configure`. */
export function openDatabase(options: OpenOptions, check: (db: Database) => void = () => {}): Database {
  const db = new Database(options.path, { readwrite: true, create: !options.mustExist, strict: true });
  try {
    return configure(db, options, check);
  } catch (error) {
    db.close(true);
    throw error;
  }
}

/**
 * Applies the shared settings. `check` runs before the first statement that may write, so a file for which it throws is
 * left unchanged.
 */
export function configure<DB extends Database>(
  db: DB,
  options: Omit<OpenOptions, "path" | "mustExist">,
  check: (db: DB) => void = () => {},
): DB {
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  check(db);
  // Setting it again would be a write, with a sync, at every opening.
  if (readAutoVacuum(db) !== INCREMENTAL) db.run(`PRAGMA auto_vacuum = ${INCREMENTAL}`);
  // Must come before `synchronous`: turning a new file into a WAL database writes its first page, which must be on disk
  // before its WAL counts, because SQLite discards the WAL of an empty file.
  db.run("PRAGMA journal_mode = WAL");
  db.run(`PRAGMA synchronous = ${options.synchronous}`);
  db.run("PRAGMA foreign_keys = ON");
  db.run(`PRAGMA wal_autocheckpoint = ${options.autocheckpointPages}`);
  db.run(`PRAGMA cache_size = -${options.cacheKib}`);
  return db;
}

function readAutoVacuum(db: Database): number | undefined {
  return db.query<{ auto_vacuum: number }, []>("PRAGMA auto_vacuum").get()?.auto_vacuum;
}

/**
 * WAL length at which the gateway checkpoints although a replicator should: 1 GiB, twice the length at which Litestream
 * blocks all writers to do so.
 */
export const LONGEST_WAL_PAGES = 262_144;

/**
 * Leaves the WAL beside the file when this connection is the last to close: a replicator that was away resumes in it
 * where it stopped. Without it, the replicator would copy the whole file again.
 */
export function keepWal(db: Database): void {
  db.fileControl(constants.SQLITE_FCNTL_PERSIST_WAL, 1);
}

/** Writes a value that is already there: the first write to a WAL syncs its header. */
export function beginWal(db: Database): void {
  db.run(`PRAGMA application_id = ${APPLICATION_ID}`);
}

/** `code` of a SQLite error such as "SQLITE_FULL"; null for anything else. */
export function sqliteCode(error: unknown): string | null {
  const code = errorCode(error);
  return code?.startsWith("SQLITE_") ? code : null;
}
