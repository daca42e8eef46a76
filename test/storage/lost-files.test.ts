/** A webhook's file that is lost is reported as lost; another file in its place is left alone. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { copyDatabase } from "../../src/storage/backup/copy-database.ts";
import { listWithoutFile, refuseMissingMainDb } from "../../src/storage/folder/missing-data.ts";
import { openMainDb } from "../../src/storage/main-db/open.ts";
import { checkDatabases } from "../../src/storage/reader/check.ts";
import { createTestMainDb, type TestMainDb } from "../support/main-db.ts";
import { appErrorOf, thrownBy } from "../support/thrown.ts";
import { createStorageWorld, type StorageWorld } from "./storage-world.ts";

let main: TestMainDb;
let world: StorageWorld;
let webhookId: string;
let path: string;
let missing: string[];

beforeEach(async () => {
  missing = [];
  main = createTestMainDb();
  world = createStorageWorld({ onMissing: (id) => missing.push(id) });
  webhookId = main.addWebhook({ userId: main.addUser().id }).id;
  path = world.files.pathOf(webhookId);
  await world.files.create(webhookId);
  for (let n = 0; n < 40; n++) await world.append({ webhookId, body: Buffer.alloc(2_000, 97) });
  await world.files.closeAll();
});
afterEach(async () => {
  await world.dispose();
  main.dispose();
});

const check = () => checkDatabases({ dbPath: main.path, dataDir: world.dataDir }).faults;

function makeForeign(at: string): void {
  const db = new Database(at);
  db.run("CREATE TABLE recipes (id INTEGER PRIMARY KEY, text TEXT)");
  db.run("INSERT INTO recipes (text) VALUES ('mine')");
  db.close();
}

const LOST: readonly (readonly [string, () => void])[] = [
  ["missing", () => rmSync(path)],
  ["of 0 bytes", () => truncateSync(path)],
  [
    "of 0 bytes beside a WAL",
    () => {
      truncateSync(path);
      writeFileSync(`${path}-wal`, "what a crash left");
    },
  ],
  [
    "a link to nothing",
    () => {
      rmSync(path);
      symlinkSync(join(world.dataDir, "nowhere"), path);
    },
  ],
];

describe.each(LOST)("a file that is %s", (_, lose) => {
  test("is reported as lost by the start, the check and its first use, once, and is created again", async () => {
    lose();
    expect(listWithoutFile(world.dataDir, [webhookId])).toEqual([webhookId]);
    expect(check()).toHaveLength(1);
    const { id } = await world.append({ webhookId });
    expect(missing).toEqual([webhookId]);
    expect(world.storedIds(webhookId)).toEqual([id]);
    await world.files.closeAll();
    await world.append({ webhookId });
    expect(missing).toEqual([webhookId]);
    expect(check()).toEqual([]);
  });
});

const UNUSABLE: readonly (readonly [string, string, () => void])[] = [
  ["cut off in the middle", "event_file_damaged", () => truncateSync(path, statSync(path).size / 2)],
  ["cut off in its head", "event_file_damaged", () => truncateSync(path, 50)],
  ["garbage", "event_file_damaged", () => writeFileSync(path, "no database".repeat(1_000))],
  [
    "another program's database",
    "foreign_database",
    () => {
      rmSync(path);
      makeForeign(path);
    },
  ],
  ["a main database", "foreign_database", () => copyFileSync(main.path, path)],
  [
    "a folder",
    "event_file_unavailable",
    () => {
      rmSync(path);
      mkdirSync(path);
    },
  ],
];

describe.each(UNUSABLE)("a file that is %s", (_, code, replace) => {
  test("takes no event, says why, is found by the check, and stays as it is", async () => {
    main.mainDb.close();
    replace();
    const before = statSync(path).isFile() ? readFileSync(path) : null;
    const error = await appErrorOf(() => world.append({ webhookId }));
    expect(error).toMatchObject({ kind: "unavailable", code, retryAfterSeconds: 30 });
    expect(error.hint).toBeString();
    expect(missing).toEqual([]);
    expect(check()).toHaveLength(1);
    if (before !== null) expect(readFileSync(path).equals(before)).toBe(true);
  });
});

test("a file of 0 bytes is not copied as a new one", async () => {
  truncateSync(path);
  const to = join(world.dataDir, "copy.db");
  expect(String(await thrownBy(() => copyDatabase({ from: path, to })))).toContain("0 bytes");
  expect(existsSync(to)).toBe(false);
});

describe("a main database", () => {
  test("of 0 bytes beside event files is reported, and not created again", async () => {
    const dbPath = join(world.dataDir, "main.db");
    writeFileSync(dbPath, "");
    const { dataDir } = world;
    expect((await appErrorOf(() => refuseMissingMainDb({ dbPath, dataDir }))).code).toBe(
      "main_database_missing",
    );
    expect(checkDatabases({ dbPath, dataDir }).faults[0]?.fault).toContain("0 bytes");
  });

  test.each([
    ["another program's", makeForeign],
    ["an event file", (at: string) => copyFileSync(path, at)],
  ])("that is %s is refused, and stays as it is", async (_, make) => {
    const at = join(world.dataDir, "main.db");
    make(at);
    const before = readFileSync(at);
    const { clock } = main;
    expect((await appErrorOf(() => openMainDb({ path: at, clock }))).code).toBe("foreign_database");
    expect(readFileSync(at).equals(before)).toBe(true);
    expect(checkDatabases({ dbPath: at, dataDir: world.dataDir }).faults).toHaveLength(1);
  });
});
