/** The check finds the faults of any database, reports each once, and changes nothing. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CheckFault, checkDatabases } from "../../../src/storage/reader/check.ts";
import { checkInBackground } from "../../../src/storage/reader/inspection.ts";
import { createStorageChecks } from "../../../src/storage/reader/storage-checks.ts";
import { createTestMainDb, type TestMainDb } from "../../support/main-db.ts";
import { createRecordingLog } from "../../support/recording-log.ts";
import { createRetentionWorld, type RetentionWorld } from "../retention-world.ts";
import { gate } from "../storage-world.ts";

let main: TestMainDb;
let world: RetentionWorld;
let where: { dbPath: string; dataDir: string };
let file: string;

beforeEach(async () => {
  main = createTestMainDb();
  const dataDir = join(main.directory, "events");
  mkdirSync(dataDir);
  const { id } = main.addWebhook({ userId: main.addUser().id });
  world = createRetentionWorld({ dataDir, webhookId: id });
  where = { dbPath: main.path, dataDir };
  file = `events-${id}.db`;
  for (let n = 0; n < 40; n++) await world.receive({ a: "delivered", b: "pending" });
});

afterEach(async () => {
  await world.dispose();
  main.dispose();
});

async function closeAll(): Promise<void> {
  await world.writer.drain();
  await world.files.closeAll();
}

/** Runs SQL behind the program's back. */
async function tamper(...statements: readonly string[]): Promise<readonly CheckFault[]> {
  await closeAll();
  const db = new Database(world.files.pathOf(world.webhookId));
  for (const statement of statements) db.run(statement);
  db.close();
  return checkDatabases(where).faults;
}

describe("sound databases", () => {
  test("have no faults, open or closed, and are left as they are", async () => {
    expect(checkDatabases(where)).toEqual({ eventFiles: 1, faults: [] });
    await closeAll();
    const before = readdirSync(where.dataDir);
    const bytes = readFileSync(join(where.dataDir, file));
    expect(checkDatabases(where)).toEqual({ eventFiles: 1, faults: [] });
    expect(readdirSync(where.dataDir)).toEqual(before);
    expect(readFileSync(join(where.dataDir, file)).equals(bytes)).toBe(true);
  });

  test("have none while events come, are delivered and deleted", async () => {
    let isDone = false;
    const checked = checkInBackground(where).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      await world.receive({ a: "delivered", b: "failed" });
      world.clock.advance(3_600_000);
      await world.pruneAll(world.rule());
    }
    expect((await checked).faults).toEqual([]);
    expect(world.errors).toEqual([]);
  });

  test("need no file of a webhook that is deleted", async () => {
    main.mainDb.webhooks.softDelete({ id: world.webhookId, at: 1 });
    await closeAll();
    rmSync(join(where.dataDir, file));
    expect(checkDatabases(where)).toEqual({ eventFiles: 0, faults: [] });
  });
});

describe("a ledger", () => {
  test("with another number than the rows is reported with both numbers", async () => {
    const faults = await tamper("UPDATE target_tallies SET pending = pending + 2 WHERE target_id = 'b'");
    expect(faults.map(({ fault }) => fault)).toEqual([
      "target b: 40 deliveries are pending, the ledger says 42",
      "target b: the ledger is out of balance: 40 created, 42 present and 0 deleted",
    ]);
    expect(faults[0]?.database).toBe(file);
  });

  test("without a target or an entrypoint that has rows is reported", async () => {
    const faults = await tamper(
      "DELETE FROM target_tallies WHERE target_id = 'a'",
      "INSERT INTO last_counted_event SELECT 1, max(id) FROM events",
    );
    expect(faults.map(({ fault }) => fault)).toEqual([
      "target a: it has deliveries or filtered events that are not in the ledger",
      "entrypoint entrypoint: 40 events are stored, they are not in the ledger",
    ]);
  });

  test("cannot hide deliveries without an event, or results without a delivery", async () => {
    const faults = await tamper(
      "DELETE FROM events WHERE id IN (SELECT id FROM events LIMIT 3)",
      "DELETE FROM deliveries WHERE event_id = (SELECT max(id) FROM events)",
      "UPDATE target_tallies SET deleted = 1, delivered = 39 WHERE target_id = 'a'",
      "UPDATE target_tallies SET deleted = 1, pending = 39 WHERE target_id = 'b'",
    );
    expect(faults.map(({ fault }) => fault)).toEqual([
      "deliveries that belong to no event: 6",
      "delivery results that belong to no delivery: 1",
    ]);
  });
});

describe("a damaged file", () => {
  test("includes one with a delivery in an unknown state", async () => {
    const faults = await tamper(
      "PRAGMA ignore_check_constraints = ON",
      "UPDATE deliveries SET status = 'lost' WHERE target_id = 'a'",
    );
    expect(faults.map(({ fault }) => fault)).toContain("CHECK constraint failed in deliveries");
  });

  test("is reported with SQLite's message, and the others are checked all the same", async () => {
    await closeAll();
    const path = join(where.dataDir, file);
    const bytes = readFileSync(path);
    bytes.fill(0x55, 4096 * 3, 4096 * 9);
    writeFileSync(path, bytes);
    const other = join(where.dataDir, "events-other.db");
    writeFileSync(other, "this is no database, whatever its name says; it is only some text".repeat(20));
    const { eventFiles, faults } = checkDatabases(where);
    expect(eventFiles).toBe(2);
    expect(new Set(faults.map(({ database }) => database))).toEqual(new Set([file, "events-other.db"]));
    expect(faults.find(({ database }) => database === "events-other.db")?.fault).toBe(
      "file is not a database",
    );
  });

  test("may be the main database", () => {
    const dbPath = join(main.directory, "broken.db");
    writeFileSync(dbPath, readFileSync(main.path));
    truncateSync(dbPath, 4096);
    const { faults } = checkDatabases({ ...where, dbPath });
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.every(({ database }) => database === "main database")).toBe(true);
  });

  test("that is missing is reported", async () => {
    await closeAll();
    rmSync(join(where.dataDir, file));
    expect(checkDatabases(where)).toEqual({
      eventFiles: 0,
      faults: [{ database: file, fault: "the file of this webhook is missing" }],
    });
  });
});

describe("checks in the background", () => {
  test("run one at a time, log each fault as an error, and remember what they found", async () => {
    const { log, lines } = createRecordingLog();
    const report = { eventFiles: 1, faults: [{ database: file, fault: "it is torn" }] };
    const { passed, open } = gate();
    let calls = 0;
    const { clock } = world;
    const checks = createStorageChecks({
      clock,
      log,
      async check() {
        calls++;
        await passed;
        return report;
      },
    });
    const startedAt = clock.now();
    const runs = [checks.run(), checks.run()];
    expect([checks.runningSince(), checks.last()]).toEqual([startedAt, null]);
    clock.advance(700);
    open();
    await Promise.all(runs);
    expect([calls, checks.runningSince()]).toEqual([1, null]);
    expect(checks.last()).toEqual({ startedAt, durationMs: 700, report, error: null });
    expect(lines.map(({ level, message, fields }) => ({ level, message, fields }))).toEqual([
      { level: "error", message: "a database has faults", fields: { database: file, fault: "it is torn" } },
    ]);
    clock.advance(7 * 86_400_000);
    expect(calls).toBe(2);
    checks.stop();
  });

  test("that fail say why", async () => {
    const { log } = createRecordingLog();
    const check = () => checkInBackground({ ...where, dataDir: join(where.dataDir, "nowhere") });
    const checks = createStorageChecks({ check, clock: world.clock, log });
    await checks.run();
    expect(checks.last()?.error).toContain("ENOENT");
    checks.stop();
  });
});
