/** The WAL is copied back and restarted in the background, while reading and writing go on. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { existsSync, statSync, truncateSync } from "node:fs";
import { newId } from "../../../src/lib/ids.ts";
import { appErrorOf } from "../../support/thrown.ts";
import { createStorageWorld, gate, openDescriptors, type StorageWorld, turn } from "../storage-world.ts";

const MIB = 1024 * 1024;
/** More than the WAL may hold before it is copied back. */
const LONG_BODY = Buffer.alloc(5 * MIB, 97);

let world: StorageWorld;
let webhookId: string;

beforeEach(() => {
  world = createStorageWorld();
  webhookId = newId();
});

afterEach(() => world.dispose());

const walBytes = () => statSync(`${world.files.pathOf(webhookId)}-wal`).size;

test("the WAL stays short while 30 MB are written, and everything is read at any time", async () => {
  let mostBytes = 0;
  const restarts = spyOn(world.upkeep, "restartWal");
  const body = Buffer.alloc(10_000, 97);
  const ids: string[] = [];
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let n = 0; n < 190; n++) {
        const { id } = await world.append({ webhookId, body });
        ids.push(id);
        expect((await world.events.findEvent(webhookId, id))?.bodySize).toBe(10_000);
        mostBytes = Math.max(mostBytes, walBytes());
      }
    }),
  );
  await world.writer.drain();
  expect(restarts.mock.calls.length).toBeGreaterThan(2);
  expect(mostBytes).toBeLessThan(15 * MIB);
  expect(world.errors).toEqual([]);
  expect(world.storedIds(webhookId)).toEqual(ids.sort());
});

describe("a WAL of more than half the length", () => {
  const append = () => world.append({ webhookId, body: Buffer.alloc(3 * MIB, 97) });

  test("is left to grow where it got so long at once", async () => {
    const checkpoint = spyOn(world.upkeep, "checkpoint");
    await append();
    world.clock.advance(499);
    await world.append({ webhookId });
    expect(checkpoint).not.toHaveBeenCalled();
  });

  test("is copied back where it took half a second, and half a second after its restart again", async () => {
    const checkpoint = spyOn(world.upkeep, "checkpoint");
    await world.append({ webhookId });
    world.clock.advance(500);
    await append();
    await world.writer.drain();
    expect(checkpoint).toHaveBeenCalledTimes(1);
    await append();
    await world.writer.drain();
    expect(checkpoint).toHaveBeenCalledTimes(1);
    world.clock.advance(500);
    await world.append({ webhookId });
    await world.writer.drain();
    expect(checkpoint).toHaveBeenCalledTimes(2);
  });
});

test("writing goes on while most of the WAL is copied back", async () => {
  const { passed, open } = gate();
  const checkpoint = spyOn(world.upkeep, "checkpoint").mockReturnValueOnce(passed);
  await world.append({ webhookId, body: LONG_BODY });
  expect(checkpoint).toHaveBeenCalledTimes(1);
  for (let n = 0; n < 3; n++) await world.append({ webhookId });
  expect(checkpoint).toHaveBeenCalledTimes(1);
  open();
  await world.writer.drain();
});

test("a write after the copying does not restart the WAL, which would sync its header on the event loop", async () => {
  const { checkpoint, restartWal } = world.upkeep;
  spyOn(world.upkeep, "checkpoint").mockResolvedValue();
  spyOn(world.upkeep, "restartWal").mockResolvedValue();
  await world.append({ webhookId, body: LONG_BODY });
  const file = world.files.open(webhookId);
  const pages = file.wal.ask();
  await checkpoint(file.path);
  await world.append({ webhookId });
  expect(file.wal.ask()).toBeGreaterThan(pages);
  await restartWal(file.path);
  await world.append({ webhookId });
  expect(file.wal.ask()).toBeLessThan(100);
});

test("no write is committed while the WAL is restarted, and none is lost or left waiting", async () => {
  const { passed, open } = gate();
  const restartWal = spyOn(world.upkeep, "restartWal").mockReturnValueOnce(passed);
  await world.append({ webhookId, body: LONG_BODY });
  while (restartWal.mock.calls.length === 0) await turn();
  const commit = spyOn(world.files.open(webhookId).commit, "run");
  const waiting = Array.from({ length: 5 }, () => world.append({ webhookId }));
  for (let n = 0; n < 5; n++) await turn();
  expect(commit).not.toHaveBeenCalled();
  open();
  await Promise.all(waiting);
  expect(commit).toHaveBeenCalledTimes(1);
  expect(world.storedIds(webhookId)).toHaveLength(6);
});

test("the WAL is restarted only once the groups under way are on disk", async () => {
  const checkpointed = gate();
  spyOn(world.upkeep, "checkpoint").mockReturnValueOnce(checkpointed.passed);
  const restarted = gate();
  const restartWal = spyOn(world.upkeep, "restartWal").mockReturnValueOnce(restarted.passed);
  await world.append({ webhookId, body: LONG_BODY });
  const synced = gate();
  const sync = spyOn(world.files.open(webhookId), "syncWal").mockReturnValueOnce(synced.passed);
  const underWay = world.append({ webhookId });
  while (sync.mock.calls.length === 0) await turn();
  checkpointed.open();
  for (let n = 0; n < 5; n++) await turn();
  const later = world.append({ webhookId });
  for (let n = 0; n < 5; n++) await turn();
  expect(restartWal).not.toHaveBeenCalled();
  const commit = spyOn(world.files.open(webhookId).commit, "run");
  synced.open();
  await underWay;
  for (let n = 0; n < 5; n++) await turn();
  expect(restartWal).toHaveBeenCalledTimes(1);
  expect(commit).not.toHaveBeenCalled();
  restarted.open();
  await later;
});

test("the writer counts as busy until the WAL is restarted", async () => {
  const { passed, open } = gate();
  spyOn(world.upkeep, "checkpoint").mockReturnValueOnce(passed);
  await world.append({ webhookId, body: LONG_BODY });
  let isDrained = false;
  const drained = world.writer.drain().then(() => {
    isDrained = true;
  });
  // A write in between neither ends the wait nor begins a second copying.
  await world.append({ webhookId });
  for (let n = 0; n < 5; n++) await turn();
  expect(isDrained).toBe(false);
  expect(world.upkeep.checkpoint).toHaveBeenCalledTimes(1);
  open();
  await drained;
});

test("one file's WAL is copied back after the other's, so that a file whose writes must wait does not wait for others", async () => {
  const [first, second] = [newId(), newId()];
  const { passed, open } = gate();
  const checkpoint = spyOn(world.upkeep, "checkpoint").mockReturnValueOnce(passed);
  const restartWal = spyOn(world.upkeep, "restartWal");
  await world.append({ webhookId: first, body: LONG_BODY });
  await world.append({ webhookId: second, body: LONG_BODY });
  await world.append({ webhookId: second });
  expect(checkpoint.mock.calls).toEqual([[world.files.pathOf(first)]]);
  open();
  await world.writer.drain();
  const order = [...checkpoint.mock.invocationCallOrder, ...restartWal.mock.invocationCallOrder];
  const [firstBegun = 0, secondBegun = 0, firstEnded = 0, secondEnded = 0] = order;
  expect(restartWal.mock.calls.map(([path]) => path)).toEqual(
    [first, second].map(world.files.pathOf, world.files),
  );
  expect([firstBegun, firstEnded, secondBegun, secondEnded]).toEqual([...order].sort((a, b) => a - b));
});

test("a failed checkpoint of one file does not keep the others from theirs", async () => {
  const [first, second] = [newId(), newId()];
  spyOn(world.upkeep, "checkpoint").mockRejectedValueOnce(new Error("disk full"));
  await world.append({ webhookId: first, body: LONG_BODY });
  await world.append({ webhookId: second, body: LONG_BODY });
  await world.writer.drain();
  expect(world.files.open(second).wal.ask()).toBeLessThan(100);
});

describe("a checkpoint that fails", () => {
  test("because of a failed write is told of it beside, not in place of, the sync of the next event", async () => {
    await world.files.makeReady(webhookId);
    // The worker has closed the file when it answers.
    await world.upkeep.scan([]);
    const path = `${world.files.open(webhookId).path}-wal`;
    // SQLite's own, and the one by which events are synced: the kernel tells each that was there of a failed write.
    expect(openDescriptors(path)).toHaveLength(2);
  });

  test("harms no event, and is tried again when the WAL has grown", async () => {
    const checkpoint = spyOn(world.upkeep, "checkpoint").mockRejectedValueOnce(new Error("disk full"));
    await world.append({ webhookId, body: LONG_BODY });
    await world.append({ webhookId, body: LONG_BODY });
    await world.writer.drain();
    expect(world.errors).toHaveLength(1);
    expect(world.storedIds(webhookId)).toHaveLength(2);
    await world.append({ webhookId, body: LONG_BODY });
    await world.writer.drain();
    expect(checkpoint.mock.calls.length).toBeGreaterThanOrEqual(2);
    await world.append({ webhookId });
    expect(world.files.open(webhookId).wal.ask()).toBeLessThan(100);
  });

  test("is not tried again with every event, whoever has written all before the next one comes", async () => {
    const checkpoint = spyOn(world.upkeep, "checkpoint").mockRejectedValue(new Error("disk full"));
    await world.append({ webhookId, body: LONG_BODY });
    for (let n = 0; n < 5; n++) {
      await world.writer.drain();
      await world.append({ webhookId });
    }
    expect(checkpoint).toHaveBeenCalledTimes(1);
  });

  test("because somebody else reads an old state holds no write, and what the WAL has grown by is given back after that", async () => {
    await world.append({ webhookId });
    const reader = new Database(world.files.pathOf(webhookId), { readonly: true });
    reader.run("BEGIN");
    reader.query("SELECT count(*) FROM events").get();
    const restarts = spyOn(world.upkeep, "restartWal");
    for (let n = 0; n < 4; n++) await world.append({ webhookId, body: LONG_BODY });
    await world.writer.drain();
    expect(restarts).not.toHaveBeenCalled();
    expect(walBytes()).toBeGreaterThan(4 * LONG_BODY.length);
    reader.close();
    await world.append({ webhookId, body: LONG_BODY });
    await world.writer.drain();
    await world.append({ webhookId });
    expect(world.files.open(webhookId).wal.ask()).toBeLessThan(100);
    expect(walBytes()).toBeLessThanOrEqual(16 * MIB);
    expect(world.errors).toEqual([]);
  });
});

test("a WAL that was long is cut a little each time that it is restarted", async () => {
  await world.append({ webhookId });
  truncateSync(`${world.files.pathOf(webhookId)}-wal`, 200 * MIB);
  const lengths: number[] = [];
  for (let n = 0; n < 3; n++) {
    await world.append({ webhookId, body: LONG_BODY });
    await world.writer.drain();
    lengths.push(walBytes() / MIB);
  }
  expect(lengths).toEqual([72, 16, 16]);
  expect(world.storedIds(webhookId)).toHaveLength(4);
});

test("a webhook deleted while its WAL is restarted keeps its file until that is done, and refuses what waits", async () => {
  const { passed, open } = gate();
  const restartWal = spyOn(world.upkeep, "restartWal").mockReturnValueOnce(passed);
  await world.append({ webhookId, body: LONG_BODY });
  while (restartWal.mock.calls.length === 0) await turn();
  const waiting = appErrorOf(() => world.append({ webhookId }));
  const path = world.files.pathOf(webhookId);
  const retire = spyOn(world.upkeep, "retire");
  const deleted = world.files.delete(webhookId);
  for (let n = 0; n < 5; n++) await turn();
  expect(retire).not.toHaveBeenCalled();
  expect(existsSync(path)).toBe(true);
  open();
  expect((await waiting).kind).toBe("not_found");
  await deleted;
  expect(existsSync(path)).toBe(false);
});
