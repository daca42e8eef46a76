/** With a replicator such as Litestream, the WALs are left to it and stay where they are. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "../../src/lib/ids.ts";
import { startEventFileUpkeep } from "../../src/storage/event-files/event-file-upkeep.ts";
import { type EventStorage, openEventStorage } from "../../src/storage/event-storage.ts";
import { openMainDb } from "../../src/storage/main-db/open.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { draft } from "./storage-world.ts";

const MIB = 1024 * 1024;
/** Longer than a WAL gets without a replicator. */
const LONG_BODY = Buffer.alloc(5 * MIB, 97);
const LONGEST_LOG_PAGES = 4_000;

const clock = createFakeClock();
let folder: string;
let storage: EventStorage;
let errors: string[];
let webhookId: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "webhooker-replicated-"));
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
    ...{ dataDir: folder, maxOpen: 10, clock, onError },
    longestLogPages: LONGEST_LOG_PAGES,
  });
}

async function append(body: Buffer): Promise<void> {
  await storage.events.append(draft({ webhookId, body }));
  await storage.writer.drain();
}

/** The WAL's header, which changes at each restart, and its length. */
function logOf(database: string): { header: string; bytes: number } {
  const log = readFileSync(`${database}-wal`);
  return { header: log.subarray(0, 32).toString("hex"), bytes: log.byteLength };
}

function countEvents(db: Database): number {
  return db.query<{ n: number }, []>("SELECT count(*) AS n FROM events").get()?.n ?? 0;
}

describe("an event file's WAL", () => {
  test("is not copied back while it is shorter than the bound", async () => {
    await append(LONG_BODY);
    expect(statSync(path).size).toBeLessThan(MIB);
    expect(logOf(path).bytes).toBeGreaterThan(5 * MIB);
    expect(errors).toEqual([]);
  });

  test("stays when the file is closed, and is continued when the file is opened again", async () => {
    await append(LONG_BODY);
    const { header, bytes } = logOf(path);
    await storage.close();
    expect(logOf(path)).toEqual({ header, bytes });
    storage = open();
    await append(Buffer.from("later"));
    expect(logOf(path).header).toBe(header);
    expect(logOf(path).bytes).toBeGreaterThan(bytes);
  });

  test("stays when the file is looked through for pending deliveries", async () => {
    await append(LONG_BODY);
    const before = logOf(path);
    await storage.close();
    storage = open();
    expect(await storage.files.findPending([webhookId])).toEqual([]);
    expect(logOf(path)).toEqual(before);
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
    const { header } = logOf(path);
    replicator.run("PRAGMA wal_checkpoint(RESTART)");
    replicator.run("INSERT OR REPLACE INTO _litestream_seq VALUES (1, ?)", [round]);
    expect(logOf(path).header).not.toBe(header);
    await append(Buffer.from("after the WAL was restarted"));
  }
  expect(countEvents(replicator)).toBe(7);
  replicator.close();
  expect(errors).toEqual([]);
});

test("a running gateway leaves the main database's WAL alone too, however long it grows", async () => {
  const database = join(folder, "webhooker.db");
  const upkeep = startEventFileUpkeep({ keepsLogs: true });
  const checkpoint = spyOn(upkeep, "checkpoint");
  const background = { upkeep, onError: (message: string) => errors.push(message) };
  const mainDb = openMainDb({ path: database, clock, keepsLogs: true, background });
  const { header } = logOf(database);
  const row = { id: newId(), username: "ada", passwordHash: "x".repeat(5 * MIB), role: "admin" } as const;
  const born = { disabledAt: null, deletedAt: null, createdAt: 0, updatedAt: 0 };
  await mainDb.durably(async () => mainDb.users.insert({ ...row, ...born }));
  await mainDb.drain();
  expect(checkpoint).not.toHaveBeenCalled();
  mainDb.close();
  upkeep.stop();
  expect(logOf(database).header).toBe(header);
  expect(logOf(database).bytes).toBeGreaterThan(5 * MIB);
});

test("the main database's WAL stays when its last connection is closed", () => {
  const database = join(folder, "webhooker.db");
  openMainDb({ path: database, clock, keepsLogs: true }).close();
  const before = logOf(database);
  expect(before.bytes).toBeGreaterThan(0);
  openMainDb({ path: database, clock, keepsLogs: true }).close();
  expect(logOf(database).header).toBe(before.header);
});
