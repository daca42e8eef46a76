/** One webhook's open event file: its connection, its statements, and its write-ahead log's descriptor. */
import type { Database } from "bun:sqlite";
import { closeSync, fdatasync, openSync } from "node:fs";
import { migrate } from "../migrate.ts";
import { openDatabase } from "../sqlite.ts";
import { prepareDeliveryStatements } from "./delivery-statements.ts";
import { eventMigrations } from "./migrations/index.ts";
import { prepareRecordStatements } from "./record-events.ts";

/** Per open file; the hot pages are the tails of a few trees. */
const CACHE_KIB = 2_048;

export class EventFile {
  readonly webhookId: string;
  readonly path: string;
  readonly db: Database;
  readonly record: ReturnType<typeof prepareRecordStatements>;
  readonly deliveries: ReturnType<typeof prepareDeliveryStatements>;
  /** Users that must not lose the file to the cache's eviction: a sync, a checkpoint, a long read. */
  pins = 0;
  /** Milliseconds of the clock's monotonic time. */
  lastUsedAt = 0;
  readonly begin;
  readonly commit;
  readonly rollback;
  #walDescriptor: number | null = null;
  #walPages;

  constructor(webhookId: string, path: string) {
    this.webhookId = webhookId;
    this.path = path;
    this.db = openEventDatabase(path, webhookId);
    this.record = prepareRecordStatements(this.db);
    this.deliveries = prepareDeliveryStatements(this.db);
    this.begin = this.db.prepare("BEGIN IMMEDIATE");
    this.commit = this.db.prepare("COMMIT");
    this.rollback = this.db.prepare("ROLLBACK");
    this.#walPages = this.db.prepare<{ log: number }, []>("PRAGMA wal_checkpoint(NOOP)");
  }

  /** Pages in the write-ahead log, those already copied back included; about 1 µs. */
  walPages(): number {
    return this.#walPages.get()?.log ?? 0;
  }

  /** Resolves once everything committed so far is on disk; runs off the main thread. */
  syncWal(): Promise<void> {
    this.#walDescriptor ??= openSync(`${this.path}-wal`, "r+");
    const descriptor = this.#walDescriptor;
    return new Promise((resolve, reject) => {
      fdatasync(descriptor, (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): void {
    if (this.#walDescriptor !== null) closeSync(this.#walDescriptor);
    this.#walDescriptor = null;
    this.db.close();
  }
}

function openEventDatabase(path: string, webhookId: string): Database {
  const db = openDatabase({ path, synchronous: "NORMAL", autocheckpointPages: 0, cacheKib: CACHE_KIB });
  try {
    migrate(db, eventMigrations, `event file of webhook ${webhookId}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
