import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { getTableColumns, is } from "drizzle-orm";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import { AppError } from "../../../src/lib/errors.ts";
import { openMainDb } from "../../../src/storage/main-db/open.ts";
import * as tables from "../../../src/storage/main-db/tables.ts";
import { createTestMainDb, type TestMainDb } from "../../support/main-db.ts";
import { appErrorOf } from "../../support/thrown.ts";

let fixture: TestMainDb | null = null;

function createFixture(): TestMainDb {
  fixture = createTestMainDb();
  return fixture;
}

afterEach(() => {
  fixture?.dispose();
  fixture = null;
});

describe("opening the main database", () => {
  test("makes a folder and files that only their owner can read", () => {
    const { directory, clock } = createFixture();
    const path = join(directory, "new", "webhooker.db");
    const mainDb = openMainDb({ path, clock });
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    for (const file of [path, `${path}-wal`, `${path}-shm`]) {
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    mainDb.close();
  });

  test("keeps the rows of an earlier opening", () => {
    const { reopen, addUser } = createFixture();
    const user = addUser({ username: "ada" });
    expect(reopen().users.findByUsername("ada")).toEqual(user);
  });

  test("makes exactly the columns that the tables name", () => {
    const { path } = createFixture();
    const db = new Database(path, { readonly: true });
    for (const table of Object.values(tables).filter((value) => is(value, SQLiteTable))) {
      const { name } = getTableConfig(table);
      const made = db
        .query<{ name: string; type: string; notnull: number; pk: number }, []>(`PRAGMA table_info(${name})`)
        .all()
        .map((column) => `${column.name} ${column.type} ${column.notnull === 1 || column.pk === 1}`);
      const named = Object.values(getTableColumns(table)).map(
        (column) => `${column.name} ${column.getSQLType().toUpperCase()} ${column.notNull}`,
      );
      expect(made).toEqual(named);
    }
    db.close();
  });

  test("refuses a file of a newer version and leaves it as it was", () => {
    const { path, mainDb, clock } = createFixture();
    mainDb.close();
    const db = new Database(path);
    db.run("PRAGMA user_version = 99");
    db.close();
    expect(() => openMainDb({ path, clock })).toThrow(AppError);
    const after = new Database(path, { readonly: true });
    expect(after.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version).toBe(99);
    after.close();
  });

  test("says what is wrong with a file that is no database, and leaves it as it was", async () => {
    const { directory, clock } = createFixture();
    const path = join(directory, "notes.txt");
    writeFileSync(path, "no database at all, ".repeat(100));
    const error = await appErrorOf(() => openMainDb({ path, clock }));
    expect(error.code).toBe("main_database_damaged");
    expect(error.message).toContain(path);
    expect(readFileSync(path, "utf8")).toBe("no database at all, ".repeat(100));
  });

  test("names the file that it could not create", async () => {
    const { directory, clock } = createFixture();
    const error = await appErrorOf(() => openMainDb({ path: directory, clock }));
    expect(error.code).toBe("main_database_unavailable");
    expect(error.message).toContain(directory);
    expect(error.hint).toContain("DBURL");
  });

  test("forgets sessions that ran out", () => {
    const { mainDb, clock, reopen, addUser } = createFixture();
    const user = addUser();
    const session = {
      userId: user.id,
      createdAt: 0,
      lastSeenAt: 0,
      userAgent: "",
      remoteAddress: "",
      verifiedAt: 0,
      signedInBy: "password" as const,
    };
    mainDb.sessions.insert({ ...session, idHash: "old", expiresAt: clock.now() });
    mainDb.sessions.insert({ ...session, idHash: "new", expiresAt: clock.now() + 1 });
    reopen();
    expect(mainDb.sessions.list(user.id).map((row) => row.idHash)).toEqual(["new"]);
  });
});
