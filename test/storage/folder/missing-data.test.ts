/** Missing data stops the start before anything is created; otherwise nothing is reported. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockFolder, lockPathOf } from "../../../src/storage/folder/folder-lock.ts";
import { listWithoutFile, refuseMissingData } from "../../../src/storage/folder/missing-data.ts";
import { createTestMainDb, type TestMainDb } from "../../support/main-db.ts";
import { appErrorOf } from "../../support/thrown.ts";

let main: TestMainDb;
let folder: string;
let dataDir: string;

beforeEach(() => {
  main = createTestMainDb();
  folder = mkdtempSync(join(tmpdir(), "webhooker-missing-"));
  dataDir = join(folder, "events");
});
afterEach(() => {
  main.dispose();
  rmSync(folder, { recursive: true });
});

const where = () => ({ dbPath: main.path, dataDir });

describe("a main database with webhooks", () => {
  beforeEach(() => void main.addWebhook({ id: "one", userId: main.addUser().id }));

  test("beside a folder that is missing or empty is refused, with both paths and a hint", async () => {
    for (const make of [() => {}, () => mkdirSync(dataDir)]) {
      make();
      const error = await appErrorOf(() => refuseMissingData(where()));
      expect(error).toMatchObject({ kind: "unavailable", code: "event_files_missing" });
      expect(error.message).toContain(main.path);
      expect(error.message).toContain(dataDir);
      expect(error.hint).toContain("mounted");
      expect(error.hint).toContain(lockPathOf(dataDir));
    }
    expect(readdirSync(dataDir)).toEqual([]);
  });

  test("may begin with empty event files if the folder was in use, or has a lock file", () => {
    lockFolder(dataDir)();
    refuseMissingData(where());
    rmSync(dataDir, { recursive: true });
    mkdirSync(dataDir);
    writeFileSync(lockPathOf(dataDir), "");
    refuseMissingData(where());
    lockFolder(dataDir)();
  });

  test("needs no lock file beside event files, as a restored backup has none", () => {
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, "events-one.db"), "a database");
    writeFileSync(join(dataDir, "events-two.db"), "");
    refuseMissingData(where());
    expect(listWithoutFile(dataDir, ["one", "two", "three"])).toEqual(["two", "three"]);
  });
});

test("a main database without webhooks needs no event files", () => {
  refuseMissingData(where());
  const { id } = main.addWebhook({ userId: main.addUser().id });
  main.mainDb.webhooks.softDelete({ id, at: 1 });
  refuseMissingData(where());
});

test("a main database that is missing or empty beside event files is refused", async () => {
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, "events-one.db"), "");
  const dbPath = join(folder, "main.db");
  for (const make of [() => {}, () => writeFileSync(dbPath, "")]) {
    make();
    const error = await appErrorOf(() => refuseMissingData({ dbPath, dataDir }));
    expect(error).toMatchObject({ kind: "unavailable", code: "main_database_missing" });
    expect(error.message).toContain(dbPath);
    expect(error.hint).toContain("backup");
  }
});

test("a first start creates everything, whether its folders exist or not", () => {
  const dbPath = join(folder, "main.db");
  refuseMissingData({ dbPath, dataDir });
  mkdirSync(dataDir);
  refuseMissingData({ dbPath, dataDir });
  expect(existsSync(dbPath)).toBe(false);
});

test("a main database that cannot be read is left to its opening, which says why", () => {
  const dbPath = join(folder, "main.db");
  writeFileSync(dbPath, "this is no database".repeat(500));
  refuseMissingData({ dbPath, dataDir });
});
