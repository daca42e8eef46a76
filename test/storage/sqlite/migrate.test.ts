/** Migrations run once each, in order, whole or not at all. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { migrate } from "../../../src/storage/sqlite/migrate.ts";
import { appErrorOf, thrownBy } from "../../support/thrown.ts";

const FIRST = "CREATE TABLE a (x); INSERT INTO a VALUES (1);";
const SECOND = "INSERT INTO a VALUES (2);";

const versionOf = (db: Database) =>
  db.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version;
const rowsOf = (db: Database) => db.query<{ x: number }, []>("SELECT x FROM a").all();

test("each migration runs once, whenever it was added to the list", () => {
  const db = new Database(":memory:");
  migrate(db, [FIRST], "file");
  migrate(db, [FIRST, SECOND], "file");
  migrate(db, [FIRST, SECOND], "file");
  expect(versionOf(db)).toBe(2);
  expect(rowsOf(db)).toEqual([{ x: 1 }, { x: 2 }]);
});

test("a migration that fails leaves nothing, and those before it stay", async () => {
  const db = new Database(":memory:");
  await thrownBy(() => migrate(db, [FIRST, `${SECOND} INSERT INTO missing VALUES (1);`], "file"));
  expect(versionOf(db)).toBe(1);
  expect(rowsOf(db)).toEqual([{ x: 1 }]);
});

test("a newer file is refused with both versions and a hint", async () => {
  const db = new Database(":memory:");
  db.run("PRAGMA user_version = 7");
  const error = await appErrorOf(() => migrate(db, [FIRST], "event file of webhook w"));
  expect(error).toMatchObject({ kind: "unavailable", code: "newer_database" });
  expect(error.message).toBe("The event file of webhook w has schema version 7; this program knows up to 1.");
});
