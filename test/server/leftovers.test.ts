/** At a start, event files are removed that a crash has left, and no others. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { newId } from "../../src/lib/ids.ts";
import { createLeftovers } from "../../src/server/leftovers.ts";
import { createStorageWorld, type StorageWorld } from "../storage/storage-world.ts";
import { createTestMainDb, type TestMainDb } from "../support/main-db.ts";
import { createRecordingLog } from "../support/recording-log.ts";

let main: TestMainDb;
let world: StorageWorld;

beforeEach(() => {
  main = createTestMainDb();
  world = createStorageWorld();
});

afterEach(async () => {
  await world.dispose();
  main.dispose();
});

function create() {
  const { log } = createRecordingLog();
  return createLeftovers({ mainDb: main.mainDb, files: world.files, dataDir: world.dataDir, log });
}

function filesOf(ids: Readonly<Record<string, string>>): readonly string[] {
  const left = readdirSync(world.dataDir).filter((name) => name.endsWith(".db"));
  return Object.keys(ids).filter((name) => left.includes(`events-${ids[name]}.db`));
}

test("of webhooks that were deleted, and unused ones of webhooks that never came to be", async () => {
  const { id: userId } = main.addUser();
  const ids = {
    live: main.addWebhook({ userId }).id,
    deleted: main.addWebhook({ userId, deletedAt: 1 }).id,
    unused: newId(),
    empty: newId(),
    used: newId(),
    damaged: newId(),
    damagedLive: main.addWebhook({ userId }).id,
  };
  for (const id of [ids.live, ids.deleted, ids.unused]) await world.files.create(id);
  await world.append({ webhookId: ids.used });
  await world.files.closeAll();
  writeFileSync(world.files.pathOf(ids.empty), "");
  for (const id of [ids.damaged, ids.damagedLive])
    writeFileSync(world.files.pathOf(id), "no database".repeat(100));
  await create()();
  expect(filesOf(ids)).toEqual(["live", "used", "damaged", "damagedLive"]);
});

test("a file that this process makes is not among them, however long its webhook's row takes", async () => {
  const ids = { before: newId(), after: newId() };
  await world.files.create(ids.before);
  const remove = create();
  await world.files.create(ids.after);
  await world.files.closeAll();
  await remove();
  expect(filesOf(ids)).toEqual(["after"]);
});

test("a file whose WAL has its only event stays", async () => {
  const ids = { used: newId() };
  await world.append({ webhookId: ids.used });
  await create()();
  expect(filesOf(ids)).toEqual(["used"]);
});
