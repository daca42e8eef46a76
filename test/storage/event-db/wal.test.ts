/** The length of an event file's WAL is known well enough, and its file is longer than its content. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { closeSync, copyFileSync, openSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newId } from "../../../src/lib/ids.ts";
import { WalReserve } from "../../../src/storage/event-db/wal-reserve.ts";
import { WalLength } from "../../../src/storage/sqlite/wal-length.ts";
import { createStorageWorld, pendingFor, type StorageWorld, settlement } from "../storage-world.ts";

const FRAME_BYTES = 4_120;

let world: StorageWorld;
let webhookId: string;

beforeEach(() => {
  world = createStorageWorld();
  webhookId = newId();
});

afterEach(() => world.dispose());

const walOf = (id: string) => `${world.files.pathOf(id)}-wal`;

test("a WAL is at most 48 pages longer than its known length, whatever is written", async () => {
  const length = new WalLength(world.files.open(webhookId).db);
  const file = world.files.open(webhookId);
  let longest = 0;
  for (let n = 0; n < 120; n++) {
    const body = Buffer.alloc((n % 11) * 3_000, 97);
    const { id } = await world.append({ webhookId, body, targets: [pendingFor("target")] });
    const known = length.after(1, body.length);
    expect(file.wal.ask() - known).toBeLessThanOrEqual(48);
    const responseBody = Buffer.alloc((n % 5) * 10_000, 98);
    await world.events.settle(webhookId, settlement({ eventId: id, targetId: "target" }, { responseBody }));
    expect(file.wal.ask() - length.after(1, responseBody.length)).toBeLessThanOrEqual(48);
    longest = Math.max(longest, file.wal.ask());
  }
  expect(longest).toBeGreaterThan(500);
});

test("most commits of a busy webhook find room in the WAL's file, so that their syncs need not wait for it to grow", async () => {
  let grown = 0;
  for (let n = 0; n < 30; n++) await world.append({ webhookId });
  for (let n = 0; n < 100; n++) {
    const before = statSync(walOf(webhookId)).size;
    await world.append({ webhookId });
    if (statSync(walOf(webhookId)).size > before) grown++;
  }
  expect(grown).toBeLessThan(25);
  const used = world.files.open(webhookId).wal.ask() * FRAME_BYTES;
  expect(statSync(walOf(webhookId)).size).toBeGreaterThan(used);
});

test("the WAL's file of a webhook with few events is as long as its content", async () => {
  for (let n = 0; n < 3; n++) await world.append({ webhookId });
  const used = world.files.open(webhookId).wal.ask() * FRAME_BYTES;
  expect(statSync(walOf(webhookId)).size).toBeLessThan(used + FRAME_BYTES);
});

test("the WAL's content is found after a crash, and the zeros after it are ignored", async () => {
  const ids: string[] = [];
  for (let n = 0; n < 40; n++) ids.push((await world.append({ webhookId })).id);
  const copy = join(world.dataDir, "copy.db");
  copyFileSync(world.files.pathOf(webhookId), copy);
  copyFileSync(walOf(webhookId), `${copy}-wal`);
  const db = new Database(copy);
  const found = db.query<{ id: string }, []>("SELECT id FROM events ORDER BY id").all();
  expect(found.map(({ id }) => id)).toEqual(ids);
  expect(db.query("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
  db.close(true);
});

test("a WAL that has been restarted is not lengthened: its file is long enough", async () => {
  await world.append({ webhookId, body: Buffer.alloc(5 * 1024 * 1024) });
  await world.writer.drain();
  const before = statSync(walOf(webhookId)).size;
  for (let n = 0; n < 40; n++) await world.append({ webhookId });
  expect(statSync(walOf(webhookId)).size).toBe(before);
});

test("a WAL that cannot be lengthened is left as it is, with its content", () => {
  const path = join(world.dataDir, "wal");
  writeFileSync(path, "frames");
  const descriptor = openSync(path, "r");
  new WalReserve(descriptor).cover(100);
  closeSync(descriptor);
  expect(statSync(path).size).toBe(6);
});
