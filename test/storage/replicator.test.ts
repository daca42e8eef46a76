/** With a replicator such as Litestream, the WALs are left to it and stay where they are. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { newId } from "../../src/lib/ids.ts";
import { startEventFileUpkeep } from "../../src/storage/event-files/event-file-upkeep.ts";
import { type EventStorage, openEventStorage } from "../../src/storage/event-storage.ts";
import { openMainDb } from "../../src/storage/main-db/open.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { makeTestFolder } from "../support/folder.ts";
import { draft } from "./storage-world.ts";

const MIB = 1024 * 1024;
/** Longer than a WAL gets without a replicator. */
const LONG_BODY = Buffer.alloc(5 * MIB, 97);
const LONGEST_WAL_PAGES = 4_000;

const clock = createFakeClock();
let folder: string;
let storage: EventStorage;
let errors: string[];
let webhookId: string;
let path: string;

beforeEach(() => {
  folder = makeTestFolder("replicated");
  errors = [];
  webhookId = newId();
  storage = open();
  path = storage.files.pathOf(webhookId);
});

afterEach(async () => {
  await storage.close();
  rmSync(folder, { recursive: true });
});

function open(): EventStorage {
  const onError = (message: string) => errors.push(message);
  return openEventStorage({
    dataDir: folder,
    maxOpen: 10,
    clock,
    onError,
    longestWalPages: LONGEST_WAL_PAGES,
  });
}

async function append(body: Buffer): Promise<void> {
  await storage.events.append(draft({ webhookId, body }));
  await storage.writer.drain();
}

/** The WAL's header, which changes at each restart, and its length. */
function walOf(database: string): { header: string; bytes: number } {
  const wal = readFileSync(`${database}-wal`);
  return { header: wal.subarray(0, 32).toString("hex"), bytes: wal.byteLength };
}

function countEvents(db: Database): number {
  return db.query<{ n: number }, []>("SELECT count(*) AS n FROM events").get()?.n ?? 0;
}

describe("an event file's WAL", () => {
  test("is not copied back while it is shorter than the bound", async () => {
    await append(LONG_BODY);
    expect(statSync(path).size).toBeLessThan(MIB);
    expect(walOf(path).bytes).toBeGreaterThan(5 * MIB);
    expect(errors).toEqual([]);
  });

  test("stays when the file is closed, and is continued when the file is opened again", async () => {
    await append(LONG_BODY);
    const { header, bytes } = walOf(path);
    await storage.close();
    expect(walOf(path)).toEqual({ header, bytes });
    storage = open();
    await append(Buffer.from("later"));
    expect(walOf(path).header).toBe(header);
    expect(walOf(path).bytes).toBeGreaterThan(bytes);
  });

  test("stays when the file is looked through for pending deliveries", async () => {
    await append(LONG_BODY);
    const before = walOf(path);
    await storage.close();
    storage = open();
    expect(await storage.files.findPending([webhookId])).toEqual([]);
    expect(walOf(path)).toEqual(before);
  });

  test("is copied back at the bound with an error, as no replicator seems to run", async () => {
    for (let n = 0; n < 4; n++) await append(LONG_BODY);
    expect(statSync(path).size).toBeGreaterThan(15 * MIB);
    expect(errors).toEqual([
      `the write-ahead log of ${path} has grown too long, so the gateway checkpoints it`,
    ]);
  });
});

test("a replicator that reads the WAL, writes its own table and checkpoints does not disturb any event", async () => {
  await append(Buffer.from("first"));
  const replicator = new Database(path);
  replicator.run("PRAGMA busy_timeout = 1000");
  replicator.run("CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)");
  for (let round = 1; round <= 3; round++) {
    replicator.run("BEGIN");
    expect(countEvents(replicator)).toBe(2 * round - 1);
    await append(LONG_BODY);
    replicator.run("COMMIT");
    const { header } = walOf(path);
    replicator.run("PRAGMA wal_checkpoint(RESTART)");
    replicator.run("INSERT OR REPLACE INTO _litestream_seq VALUES (1, ?)", [round]);
    expect(walOf(path).header).not.toBe(header);
    await append(Buffer.from("after the WAL was restarted"));
  }
  expect(countEvents(replicator)).toBe(7);
  replicator.close();
  expect(errors).toEqual([]);
});

test("a running gateway leaves the main database's WAL alone too, however long it grows", async () => {
  const database = join(folder, "webhooker.db");
  const upkeep = startEventFileUpkeep({ keepsWals: true });
  const checkpoint = spyOn(upkeep, "checkpoint");
  const background = { upkeep, onError: (message: string) => errors.push(message) };
  const mainDb = openMainDb({ path: database, clock, keepsWals: true, background });
  const { header } = walOf(database);
  const row = { id: newId(), username: "ada", passwordHash: "x".repeat(5 * MIB), role: "admin" } as const;
  const born = { disabledAt: null, deletedAt: null, createdAt: 0, updatedAt: 0 };
  await mainDb.durably(async () => mainDb.users.insert({ ...row, ...born }));
  await mainDb.drain();
  expect(checkpoint).not.toHaveBeenCalled();
  mainDb.close();
  upkeep.stop();
  expect(walOf(database).header).toBe(header);
  expect(walOf(database).bytes).toBeGreaterThan(5 * MIB);
});

test("the main database's WAL stays when its last connection is closed", () => {
  const database = join(folder, "webhooker.db");
  openMainDb({ path: database, clock, keepsWals: true }).close();
  const before = walOf(database);
  expect(before.bytes).toBeGreaterThan(0);
  openMainDb({ path: database, clock, keepsWals: true }).close();
  expect(walOf(database).header).toBe(before.header);
});
