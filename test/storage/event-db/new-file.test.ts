/** A new event file is written without SQLite, and equals one that SQLite creates. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventFile } from "../../../src/storage/event-db/event-file.ts";
import { makeEventFile } from "../../../src/storage/event-db/new-file.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "webhooker-new-file-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

function describeDatabase(path: string): readonly unknown[] {
  const db = new Database(path, { readwrite: true, create: false });
  const told = [
    "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name",
    ...["user_version", "auto_vacuum", "journal_mode", "page_size", "encoding", "integrity_check"].map(
      (name) => `PRAGMA ${name}`,
    ),
  ].map((sql) => db.query(sql).values());
  db.close(true);
  return told;
}

test("has the schema and the settings of one that SQLite made", () => {
  const made = join(folder, "made.db");
  makeEventFile(made);
  const bySqlite = join(folder, "sqlite.db");
  new EventFile("webhook", bySqlite, { sync: async () => undefined, keepsWals: false }).close();
  expect(describeDatabase(made)).toEqual(describeDatabase(bySqlite));
});

test("replaces an unfinished file that a crash left, and removes the WAL of a file that was taken away", () => {
  const path = join(folder, "events.db");
  const old = new Database(path);
  old.run("PRAGMA journal_mode = WAL");
  old.run("CREATE TABLE strange (x)");
  rmSync(path);
  expect(existsSync(`${path}-wal`)).toBe(true);
  writeFileSync(`${path}.new`, "unfinished");
  makeEventFile(path);
  expect(readdirSync(folder)).toEqual(["events.db"]);
  const file = new EventFile("webhook", path, { sync: async () => undefined, keepsWals: false });
  expect(file.db.query("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'strange'").get()).toEqual({
    n: 0,
  });
  file.close();
  old.close();
});
