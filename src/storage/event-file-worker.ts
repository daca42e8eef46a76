/** Runs in a Worker: everything on event files that syncs or reads for long, so that the event loop never does. */
import { Database } from "bun:sqlite";
import { closeSync, existsSync, fsyncSync, openSync } from "node:fs";
import { errorMessage } from "../lib/errors.ts";
import { openDatabase } from "./sqlite.ts";

/** `release` ends a `retire`; the others are answered once each. */
export type WorkerRequest = Readonly<{ id: number }> &
  (
    | Readonly<{ kind: "checkpoint"; path: string; restart: boolean }>
    | Readonly<{ kind: "retire"; path: string }>
    | Readonly<{ kind: "release"; path: string }>
    | Readonly<{ kind: "scan"; paths: readonly string[] }>
    | Readonly<{ kind: "sync-folder"; path: string }>
  );

export type WorkerAnswer = Readonly<{ id: number; value: unknown; error: string | null }>;

declare const self: Worker;

const held = new Map<string, Database>();

function openForUpkeep(path: string): Database {
  return openDatabase({
    path,
    mustExist: true,
    synchronous: "FULL",
    autocheckpointPages: 0,
    cacheKib: 256,
  });
}

function checkpoint(path: string, restart: boolean): void {
  const db = openForUpkeep(path);
  try {
    if (!restart) {
      db.run("PRAGMA wal_checkpoint(PASSIVE)");
      return;
    }
    db.run("PRAGMA wal_checkpoint(RESTART)");
    // The first write after a restart syncs the log's new header. Done here, it is not done on the event loop.
    db.run("PRAGMA application_id = 1464353864");
  } finally {
    db.close();
  }
}

/** Holds the file open while the event loop closes it: the last connection to close is the one that syncs. */
function retire(path: string): void {
  const db = openForUpkeep(path);
  db.query("SELECT count(*) FROM sqlite_schema").get();
  held.set(path, db);
}

function release(path: string): void {
  const db = held.get(path);
  held.delete(path);
  if (!db) return;
  try {
    db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    db.close();
  }
}

/** Which of the files have pending deliveries; a file that cannot be read counts, so that its opening tells why. */
function scan(paths: readonly string[]): string[] {
  return paths.filter((path) => {
    if (!existsSync(path)) return false;
    try {
      const db = new Database(path, { readwrite: true, create: false });
      try {
        return db.query("SELECT 1 FROM deliveries WHERE status = 'pending' LIMIT 1").get() !== null;
      } finally {
        db.close();
      }
    } catch {
      return true;
    }
  });
}

function syncFolder(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function answer(request: WorkerRequest): unknown {
  switch (request.kind) {
    case "checkpoint":
      return checkpoint(request.path, request.restart);
    case "retire":
      return retire(request.path);
    case "release":
      return release(request.path);
    case "scan":
      return scan(request.paths);
    case "sync-folder":
      return syncFolder(request.path);
  }
}

self.onmessage = (event: MessageEvent<WorkerRequest>) => {
  const { id } = event.data;
  let reply: WorkerAnswer;
  try {
    reply = { id, value: answer(event.data) ?? null, error: null };
  } catch (error) {
    reply = { id, value: null, error: errorMessage(error) };
  }
  self.postMessage(reply);
};
