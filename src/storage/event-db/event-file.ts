/** One webhook's open event file: its connection, its statements, and its write-ahead log's descriptor. */
import { Database } from "bun:sqlite";
import { closeSync, openSync } from "node:fs";
import { AppError } from "../../lib/errors.ts";
import { migrate, NEWER_DATABASE, refuseNewer } from "../sqlite/migrate.ts";
import { FOREIGN_DATABASE, refuseForeign } from "../sqlite/own-database.ts";
import { watchSameFile } from "../sqlite/same-file.ts";
import { configure } from "../sqlite/sqlite.ts";
import { WalLength } from "../sqlite/wal-length.ts";
import type { SyncDescriptor } from "../workers/sync-pool.ts";
import { prepareDeliveryStatements } from "./deliveries/delivery-statements.ts";
import { KnownDue } from "./deliveries/known-due.ts";
import { FilterNumbers } from "./filter-marks.ts";
import { LogPosition } from "./log-position.ts";
import { eventMigrations } from "./migrations/index.ts";
import { Tally } from "./numbers/tally.ts";
import { prepareRecordStatements } from "./record-statements.ts";
import type { HeaderPairs } from "./types.ts";
import { WalReserve } from "./wal-reserve.ts";

/** Page cache per open file; the hot pages are the tails of a few trees. */
const CACHE_KIB = 2_048;
/** How long a moved or deleted file may still receive events before it is noticed; a look costs 6 µs. */
const LOOK_EVERY_MS = 100;

export class EventFile {
  readonly webhookId: string;
  readonly path: string;
  readonly db: Database;
  readonly record: ReturnType<typeof prepareRecordStatements>;
  readonly deliveries: ReturnType<typeof prepareDeliveryStatements>;
  readonly wal: WalLength;
  /** Changes that the transaction under way makes to the counts. */
  readonly tally: Tally;
  readonly filterNumbers: FilterNumbers;
  readonly logPosition: LogPosition;
  readonly knownDue = new KnownDue();
  /** Headers of the response stored last. */
  latestHeaders: Readonly<{ headers: HeaderPairs; json: string }> | null = null;
  /** Milliseconds of the clock's monotonic time. */
  lastUsedAt = 0;
  readonly begin;
  readonly commit;
  readonly rollback;
  readonly #sync: SyncDescriptor;
  readonly #isFileInPlace: () => boolean;
  readonly #isWalInPlace: () => boolean;
  #lookedAt = Number.NEGATIVE_INFINITY;
  readonly #reserve: WalReserve | null;
  #walDescriptor: number | null;
  #lastSync: Promise<void> = Promise.resolve();
  #pins = 0;
  #whenUnpinned: (() => void)[] = [];
  readonly #beforeClose: (() => Promise<void>)[] = [];

  constructor(
    webhookId: string,
    path: string,
    { sync, keepsWals }: Readonly<{ sync: SyncDescriptor; keepsWals: boolean }>,
  ) {
    this.#sync = sync;
    this.webhookId = webhookId;
    this.path = path;
    this.db = openEventDatabase(path, webhookId);
    this.#isFileInPlace = watchSameFile(path);
    try {
      this.record = prepareRecordStatements(this.db);
      this.deliveries = prepareDeliveryStatements(this.db);
      this.tally = new Tally(this.db);
      this.filterNumbers = new FilterNumbers(this.db);
      this.logPosition = new LogPosition(this.db);
      this.begin = this.db.prepare("BEGIN IMMEDIATE");
      this.commit = this.db.prepare("COMMIT");
      this.rollback = this.db.prepare("ROLLBACK");
      this.wal = new WalLength(this.db);
      const walPath = `${path}-wal`;
      this.#isWalInPlace = watchSameFile(walPath);
      // Opened before anything is written: a descriptor opened later does not report a failed write that was already
      // reported to another connection's sync, such as a checkpoint's.
      this.#walDescriptor = openSync(walPath, "r+");
      this.#reserve = keepsWals ? null : new WalReserve(this.#walDescriptor);
      // Frees the pages from which the schema was read, 88 KB, which are not read again.
      this.db.run("PRAGMA shrink_memory");
    } catch (error) {
      this.db.close(true);
      throw error;
    }
  }

  /**
   * Lengthens the WAL's file, which contains `pages` pages, so that the next syncs are cheap; call between two
   * transactions.
   */
  reserveWal(pages: number): void {
    this.#reserve?.cover(pages);
  }

  /** Resolves once everything committed so far is on disk; runs off the main thread. */
  syncWal(): Promise<void> {
    const before = this.#lastSync;
    // The kernel reports a failed write only once, so a sync proves no more than those before it: after one failure,
    // all further syncs of this connection fail.
    this.#lastSync = this.fdatasync().then(() => before);
    return this.#lastSync;
  }

  /** The system call alone. */
  async fdatasync(): Promise<void> {
    if (this.#walDescriptor === null) throw new Error(`${this.path} has been closed`);
    await this.#sync(this.#walDescriptor);
  }

  /**
   * False once the path leads to another file or none: anything written is then lost when the file is closed, at the
   * latest. `now` is the clock's monotonic time.
   */
  isInPlace(now: number): boolean {
    if (now - this.#lookedAt < LOOK_EVERY_MS) return true;
    this.#lookedAt = now;
    return this.#isFileInPlace() && this.#isWalInPlace();
  }

  get isPinned(): boolean {
    return this.#pins > 0;
  }

  /** Keeps the file open while a sync, a checkpoint or a long read needs it. */
  pin(): void {
    this.#pins++;
  }

  unpin(): void {
    this.#pins--;
    if (this.#pins > 0) return;
    for (const resolve of this.#whenUnpinned.splice(0)) resolve();
  }

  /** Registers a callback for the file's closing; the file stays open until its promise resolves. */
  beforeClose(leave: () => Promise<void>): void {
    this.#beforeClose.push(leave);
  }

  /** Resolves once nobody needs the file to stay open; asks the registered callbacks to release it. */
  async unpinned(): Promise<void> {
    await Promise.all(this.#beforeClose.splice(0).map((leave) => leave()));
    while (this.#pins > 0) await new Promise<void>((resolve) => this.#whenUnpinned.push(resolve));
  }

  close(): void {
    if (this.#walDescriptor !== null) closeSync(this.#walDescriptor);
    this.#walDescriptor = null;
    // `true` finalizes all statements: SQLite keeps a connection open while any of its statements lives.
    this.db.close(true);
  }
}

function openEventDatabase(path: string, webhookId: string): Database {
  const what = `event file of webhook ${webhookId}`;
  const db = new Database(path, { readwrite: true, create: true, strict: true });
  try {
    const settings = { synchronous: "NORMAL", autocheckpointPages: 0, cacheKib: CACHE_KIB } as const;
    configure(db, settings, () => {
      refuseForeign(db, { what, table: "events" });
      refuseNewer(db, eventMigrations, what);
    });
    migrate(db, eventMigrations, what);
    // SQLite builds a table of the allowed states for every row that it checks: a quarter of an event's cost. The types
    // ensure what is written, and `webhooker check` checks the rows.
    db.run("PRAGMA ignore_check_constraints = ON");
    return db;
  } catch (error) {
    if (error instanceof AppError && UNTOUCHED.has(error.code)) closeUntouched(db, path);
    else db.close(true);
    throw error;
  }
}

const UNTOUCHED: ReadonlySet<string> = new Set([NEWER_DATABASE, FOREIGN_DATABASE]);

/**
 * The last connection that may write copies the WAL back as it closes. A read-only connection that closes later
 * prevents that.
 */
function closeUntouched(db: Database, path: string): void {
  let reader: Database | null = null;
  try {
    reader = new Database(path, { readonly: true });
    reader.query("PRAGMA user_version").get();
  } finally {
    db.close(true);
    reader?.close(true);
  }
}
