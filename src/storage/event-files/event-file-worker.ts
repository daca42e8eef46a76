/** Runs in a Worker: everything on event files that syncs or reads for long, so that the event loop never does. */
import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { makeEventFile } from "../event-db/new-file.ts";
import { syncFolder } from "../folder/folder.ts";
import { isLost, walBytesOf } from "../sqlite/file-size.ts";
import { beginWal, keepWal, openDatabase } from "../sqlite/sqlite.ts";
import { keptLengthOf, walInUse } from "../sqlite/wal-in-use.ts";
import { type LineAnswer, lineFault } from "../workers/worker-line.ts";
import { checkWithoutWriting, requireReady } from "./ready-file.ts";

/** `release` ends the `retire` request with the id `holder`, `let-go` the `prepare` request. */
export type WorkerRequest = Readonly<{ id: number }> &
  (
    | Readonly<{ kind: "checkpoint"; path: string; restart: boolean }>
    | Readonly<{ kind: "prepare"; path: string }>
    | Readonly<{ kind: "let-go"; holder: number }>
    | Readonly<{ kind: "retire"; path: string }>
    | Readonly<{ kind: "release"; holder: number }>
    | Readonly<{ kind: "keep-wals" }>
    | Readonly<{ kind: "scan"; paths: readonly string[] }>
    | Readonly<{ kind: "sync-folder"; path: string }>
  );

declare const self: Worker;

/** Connections by request id: a file may be reopened and retired once more before it is released. */
const holders = new Map<number, Database>();
/** Connections by path: see `keepFromRestarting`. */
const readers = new Map<string, Database>();

/** For a replicator: see `keepWal`. */
let keepsWals = false;

/** How long to wait for readers: the event loop's own reads take a few milliseconds. */
const READERS_MS = 100;

/** Half of what a WAL contains when it is copied back, and twice as much: 2 and 8 MiB. */
const PAGES_LEFT_BY_LONG_READERS = 500;
const SHORT_WAL_PAGES = 2_000;
/** Each round copies what was written during the one before, if the disk is faster than the writers. */
const MOST_ROUNDS = 10;

function openForUpkeep(
  path: string,
  options: Readonly<{ synchronous?: "FULL" | "NORMAL" | "OFF"; check?: (db: Database) => void }> = {},
): Database {
  const { synchronous = "FULL", check } = options;
  const db = openDatabase(
    { path, mustExist: true, synchronous, autocheckpointPages: 0, cacheKib: 256 },
    check,
  );
  if (keepsWals) keepWal(db);
  return db;
}

/**
 * Creates the file if it is missing, replays the WAL that a crash left, and begins a new one. Then keeps all of it open,
 * so that the event loop can open the file and write to it without a sync of its own.
 */
function prepare(id: number, path: string): void {
  if (isLost(path)) makeEventFile(path);
  const hasWal = walBytesOf(path) > 0;
  if (hasWal) checkWithoutWriting(path);
  // The header of a WAL that begins empty is synced with its first event. In one with old frames it must be on disk
  // before new ones are, or a power cut brings the old ones back.
  const db = openForUpkeep(path, { synchronous: hasWal ? "NORMAL" : "OFF", check: requireReady });
  try {
    beginWal(db);
  } catch (error) {
    db.close(true);
    throw error;
  }
  holders.set(id, db);
}

function letGo(holder: number): void {
  holders.get(holder)?.close(true);
  holders.delete(holder);
}

function checkpoint(path: string, restart: boolean): void {
  stopReading(path);
  const db = openForUpkeep(path);
  try {
    if (!restart) {
      copyBack(db, path);
      return;
    }
    runCheckpoint(db, "PASSIVE");
    // Waits for short readers, such as the event loop at this moment, but not for a check or a backup: nothing is
    // written meanwhile.
    db.run(`PRAGMA busy_timeout = ${READERS_MS}`);
    if (!runCheckpoint(db, "RESTART").isComplete) throw walInUse();
    if (!keepsWals) db.run(`PRAGMA journal_size_limit = ${keptLengthOf(walBytesOf(path))}`);
    // The first write after a restart syncs the WAL's new header. Done here, it is not done on the event loop.
    beginWal(db);
  } catch (error) {
    stopReading(path);
    throw error;
  } finally {
    db.close(true);
  }
}

/** Repeats while more than a little was written meanwhile: the rest is copied while nothing can be written. */
function copyBack(db: Database, path: string): void {
  for (let copied = 0, rounds = 0; rounds < MOST_ROUNDS; rounds++) {
    keepFromRestarting(path);
    const { pages, pagesLeft } = runCheckpoint(db, "PASSIVE");
    // Suspending the writes would be useless: a reader of so old a state does not finish in a moment.
    if (pagesLeft > PAGES_LEFT_BY_LONG_READERS) throw walInUse();
    if (pages - copied < SHORT_WAL_PAGES) return;
    copied = pages;
  }
}

/**
 * Keeps a writer from restarting the WAL, which it cannot do while a connection reads from it. After a complete copy,
 * the next writer would restart it and sync its header: on the event loop, if its write comes before the worker's
 * restart.
 */
function keepFromRestarting(path: string): void {
  const previous = readers.get(path);
  const reader = openForUpkeep(path);
  readers.set(path, reader);
  reader.run("BEGIN");
  reader.query("SELECT count(*) FROM sqlite_schema").get();
  previous?.close(true);
}

function stopReading(path: string): void {
  readers.get(path)?.close(true);
  readers.delete(path);
}

type CheckpointRow = { busy: number; log: number; checkpointed: number };

/**
 * Runs a checkpoint. PASSIVE waits for nobody and may leave pages to copy; RESTART waits for readers up to the busy
 * timeout.
 */
function runCheckpoint(
  db: Database,
  mode: "PASSIVE" | "RESTART",
): { isComplete: boolean; pages: number; pagesLeft: number } {
  const row = db.query<CheckpointRow, []>(`PRAGMA wal_checkpoint(${mode})`).get();
  const pages = row?.log ?? 0;
  const pagesLeft = pages - (row?.checkpointed ?? 0);
  return { isComplete: row?.busy === 0 && pagesLeft === 0, pages, pagesLeft };
}

/** Keeps the file open while the event loop closes it: the last connection to close is the one that syncs. */
function retire(id: number, path: string): void {
  const db = openForUpkeep(path);
  try {
    db.query("SELECT count(*) FROM sqlite_schema").get();
  } catch (error) {
    db.close(true);
    throw error;
  }
  holders.set(id, db);
}

function release(holder: number): void {
  const db = holders.get(holder);
  holders.delete(holder);
  if (!db) return;
  try {
    // PASSIVE locks out no writer, as the file may have been opened again. The close removes the WAL.
    if (!runCheckpoint(db, "PASSIVE").isComplete) throw walInUse();
  } finally {
    db.close(true);
  }
}

/**
 * The given files that have pending or held deliveries. A file that cannot be read counts, so that opening it reports
 * why.
 */
function scan(paths: readonly string[]): string[] {
  return paths.filter((path) => {
    if (!existsSync(path)) return false;
    try {
      const db = new Database(path, { readwrite: true, create: false });
      try {
        if (keepsWals) keepWal(db);
        // Two statements, as each has its own index.
        return ["pending", "held"].some(
          (status) => db.query(`SELECT 1 FROM deliveries WHERE status = '${status}' LIMIT 1`).get() !== null,
        );
      } finally {
        db.close(true);
      }
    } catch {
      return true;
    }
  });
}

function answer(request: WorkerRequest): unknown {
  switch (request.kind) {
    case "checkpoint":
      return checkpoint(request.path, request.restart);
    case "prepare":
      return prepare(request.id, request.path);
    case "let-go":
      return letGo(request.holder);
    case "retire":
      return retire(request.id, request.path);
    case "release":
      return release(request.holder);
    case "keep-wals":
      keepsWals = true;
      return null;
    case "scan":
      return scan(request.paths);
    case "sync-folder":
      return syncFolder(request.path);
  }
}

self.onmessage = (event: MessageEvent<WorkerRequest>) => {
  const { id } = event.data;
  let reply: LineAnswer<unknown>;
  try {
    reply = { id, value: answer(event.data) ?? null, error: null };
  } catch (error) {
    reply = { id, value: null, error: lineFault(error) };
  }
  self.postMessage(reply);
};
