/** Temporary copies of databases. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSnapshots } from "../../../src/storage/backup/snapshots.ts";
import { thrownBy } from "../../support/thrown.ts";

let dataDir: string;
let db: Database;
let dbPath: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "webhooker-snapshots-"));
  dbPath = join(dataDir, "webhooker.db");
  db = new Database(dbPath);
  db.run("PRAGMA journal_mode = WAL");
  db.run("CREATE TABLE texts (value TEXT)");
  db.run("INSERT INTO texts VALUES ('committed')");
});
afterEach(() => {
  db.close();
  rmSync(dataDir, { recursive: true });
});

test("a snapshot is one private file with what is committed, and its length and hash", async () => {
  const snapshots = createSnapshots({ dbPath, dataDir });
  db.run("BEGIN");
  db.run("INSERT INTO texts VALUES ('not committed')");
  const { path, bytes, sha256 } = await snapshots.ofMainDatabase();
  db.run("COMMIT");
  const content = readFileSync(path);
  expect(bytes).toBe(content.byteLength);
  expect(sha256).toBe(new Bun.CryptoHasher("sha256").update(content).digest("hex"));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const copy = new Database(path, { readonly: true });
  expect(copy.query("SELECT value FROM texts").values()).toEqual([["committed"]]);
  copy.close();
  await snapshots.discard(path);
  expect(readdirSync(dataDir).filter((name) => name.startsWith("snapshot-"))).toEqual([]);
});

test("a damaged or missing database gives none, and leaves nothing behind", async () => {
  const snapshots = createSnapshots({ dbPath, dataDir });
  writeFileSync(join(dataDir, "events-damaged.db"), "no database ".repeat(1_000));
  await thrownBy(() => snapshots.ofEvents("damaged"));
  await thrownBy(() => snapshots.ofEvents("missing"));
  expect(readdirSync(dataDir).filter((name) => name.startsWith("snapshot-"))).toEqual([]);
});

test("leftovers of an earlier run are removed, and nothing else", async () => {
  const snapshots = createSnapshots({ dbPath, dataDir });
  const { path } = await snapshots.ofMainDatabase();
  writeFileSync(`${path}-journal`, "");
  writeFileSync(join(dataDir, "snapshot-of-mine.part"), "");
  await snapshots.removeLeftovers();
  const names = readdirSync(dataDir).filter((name) => name.startsWith("snapshot-"));
  expect(names).toEqual(["snapshot-of-mine.part"]);
});
