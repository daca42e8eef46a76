/** A closed connection is really closed, whatever was prepared on it. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClosableDatabase } from "../../src/storage/closable-database.ts";
import { openDescriptors } from "./storage-world.ts";

let folder: string;
let db: ClosableDatabase;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "webhooker-closable-"));
  db = new ClosableDatabase(join(folder, "a.db"));
  db.run("PRAGMA journal_mode = WAL");
  db.run("CREATE TABLE numbers (n INTEGER)");
});

afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

test("closing leaves neither descriptors nor a log, with statements of every kind alive", () => {
  const lasting = db.prepare("SELECT 1");
  db.transaction(() => db.run("INSERT INTO numbers VALUES (1)"))();
  db.endSetUp();
  const passing = db.prepare("SELECT * FROM numbers");
  const cached = db.query("SELECT n FROM numbers");
  for (const statement of [lasting, passing, cached]) expect(statement.all()).toHaveLength(1);
  db.close(true);
  expect(openDescriptors(folder)).toEqual([]);
  expect(readdirSync(folder)).toEqual(["a.db"]);
});

test("what was prepared at set-up lasts however much is prepared later, and cached queries come back", () => {
  const lasting = db.prepare("SELECT 1");
  db.endSetUp();
  db.query("SELECT 2").all();
  for (let n = 0; n < 200; n++) db.prepare(`SELECT ${n} + 1`).all();
  expect(lasting.all()).toHaveLength(1);
  expect(db.query("SELECT 2").all()).toHaveLength(1);
});
