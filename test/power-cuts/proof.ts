/** Checks a folder after a power cut: the program finds it sound, and all acknowledged data is there. */
import { Database } from "bun:sqlite";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkDatabases } from "../../src/storage/reader/check.ts";
import { bodyOf } from "../e2e/load.ts";

const EVENT_FILE = /^events-.+\.db$/;

/** Writes files whose paths begin with `from` to below `to`, which is emptied first. */
export function writeFiles(options: { files: ReadonlyMap<string, Buffer>; from: string; to: string }): void {
  const { files, from, to } = options;
  rmSync(to, { recursive: true, force: true });
  for (const [path, bytes] of files) {
    const target = join(to, path.slice(from.length));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, bytes);
  }
}

/** All files below a folder, by path. */
export function readFiles(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = names
    .filter((each) => each.isFile() && !/-shm$|\.reserve$/.test(each.name))
    .map((each) => join(each.parentPath, each.name));
  return new Map(paths.map((path) => [path, readFileSync(path)]));
}

/** Returns one line for each fault. Checks first as a reader, then again with the WALs copied back. */
export function listFaults(
  folder: string,
  { acknowledged, entrypointIds }: Readonly<Record<"acknowledged" | "entrypointIds", ReadonlySet<string>>>,
): string[] {
  const where = { dbPath: join(folder, "data/webhooker.db"), dataDir: join(folder, "data") };
  const check = () => checkDatabases(where).faults.map(({ database, fault }) => `${database}: ${fault}`);
  const faults = [...check(), ...listMissingEntrypoints(where.dbPath, entrypointIds)];
  const stored = new Set<string>();
  for (const name of readdirSync(where.dataDir)) {
    if (EVENT_FILE.test(name)) faults.push(...readEvents(join(where.dataDir, name), stored));
  }
  const missing = [...acknowledged].filter((id) => !stored.has(id));
  if (missing.length > 0)
    faults.push(`${missing.length} acknowledged events are missing, first ${missing[0]}`);
  return [...faults, ...check()];
}

function listMissingEntrypoints(dbPath: string, entrypointIds: ReadonlySet<string>): string[] {
  const db = new Database(dbPath, { readwrite: true, create: false });
  try {
    const rows = db.query<{ id: string }, []>("SELECT id FROM entrypoints").all();
    const there = new Set(rows.map(({ id }) => id));
    return [...entrypointIds].filter((id) => !there.has(id)).map((id) => `entrypoint ${id} is missing`);
  } finally {
    db.close();
  }
}

/** Adds the ids of the file's events to `stored`, and copies its WAL back. */
function readEvents(path: string, stored: Set<string>): string[] {
  const faults: string[] = [];
  try {
    const db = new Database(path, { readwrite: true, create: false });
    try {
      db.run("PRAGMA wal_checkpoint(TRUNCATE)");
      type Row = { id: string; path_tail: string; body: Uint8Array };
      for (const { id, path_tail, body } of db
        .query<Row, []>("SELECT id, path_tail, body FROM events")
        .iterate()) {
        stored.add(id);
        if (Buffer.from(body).toString() === bodyOf(Number(path_tail.slice(1)))) continue;
        faults.push(`event ${id} has another body than was sent`);
      }
      for (const { integrity_check } of db
        .query<{ integrity_check: string }, []>("PRAGMA integrity_check")
        .all()) {
        if (integrity_check !== "ok") faults.push(`${path}: ${integrity_check}`);
      }
    } finally {
      db.close();
    }
  } catch (error) {
    faults.push(`${path}: ${String(error)}`);
  }
  return faults;
}
