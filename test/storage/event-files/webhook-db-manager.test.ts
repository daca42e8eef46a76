/** Event files are created, opened, evicted, closed and deleted without losing acknowledged events. */
import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newId } from "../../../src/lib/ids.ts";
import { WebhookDBManager } from "../../../src/storage/event-files/webhook-db-manager.ts";
import { appErrorOf } from "../../support/thrown.ts";
import { createStorageWorld, gate, openDescriptors, type StorageWorld, turn } from "../storage-world.ts";

const MINUTE_MS = 60_000;

let world: StorageWorld;
let webhookId: string;

beforeEach(() => {
  world = createStorageWorld();
  webhookId = newId();
});

afterEach(() => world.dispose());

describe("creating", () => {
  test("makes the webhook's file, empty and ready", async () => {
    await world.files.create(webhookId);
    expect(existsSync(join(world.dataDir, `events-${webhookId}.db`))).toBe(true);
    expect(world.storedIds(webhookId)).toEqual([]);
  });

  test("makes the directory entry durable before it ends", async () => {
    const { passed, open } = gate();
    world.upkeep.syncFolder = () => passed;
    let isDone = false;
    const created = world.files.create(webhookId).then(() => {
      isDone = true;
    });
    await turn();
    expect(isDone).toBe(false);
    open();
    await created;
  });

  test("leaves no file if its directory entry cannot be made durable", async () => {
    world.upkeep.syncFolder = () => Promise.reject(new Error("EIO"));
    expect((await appErrorOf(() => world.files.create(webhookId))).kind).toBe("unavailable");
    expect(readdirSync(world.dataDir)).toEqual([]);
  });
});

test("a node of a cluster that has no event files opens and makes none", async () => {
  const { dataDir, upkeep } = world;
  const missing: string[] = [];
  const onMissing = (id: string) => missing.push(id);
  const options = { dataDir, maxOpen: 2, upkeep, monotonic: () => 0, onMissing, keepsFiles: false };
  const files = new WebhookDBManager(options);
  await files.makeReady(webhookId);
  expect((await appErrorOf(() => files.open(webhookId))).code).toBe("no_event_files");
  expect(missing).toEqual([]);
  expect(readdirSync(dataDir)).toEqual([]);
});

describe("leftovers of deleted webhooks", () => {
  test("are removed, and nobody else's file", async () => {
    const other = newId();
    for (const id of [webhookId, other]) await world.append({ webhookId: id });
    await world.files.closeAll();
    await world.files.deleteLeftovers([webhookId, newId()]);
    expect(readdirSync(world.dataDir).filter((name) => name.startsWith("events-"))).toEqual([
      `events-${other}.db`,
    ]);
  });
});

describe("opening", () => {
  test("returns the same open file until it is closed", () => {
    expect(world.files.open(webhookId)).toBe(world.files.open(webhookId));
    expect(world.files.openCount).toBe(1);
  });

  test("creates a missing file", async () => {
    await world.files.create(webhookId);
    await world.files.closeAll();
    rmSync(world.files.pathOf(webhookId));
    const { id } = await world.append({ webhookId });
    expect(world.storedIds(webhookId)).toEqual([id]);
  });

  test("takes an empty file, as a crash during its creation leaves it, for a new one", async () => {
    writeFileSync(world.files.pathOf(webhookId), "");
    const { id } = await world.append({ webhookId });
    expect(world.storedIds(webhookId)).toEqual([id]);
  });
});

describe("deleting", () => {
  test("removes the file with its WAL, and the webhook is not opened again", async () => {
    await world.append({ webhookId });
    await world.files.delete(webhookId);
    expect(readdirSync(world.dataDir)).toEqual([]);
    expect((await appErrorOf(() => world.append({ webhookId }))).kind).toBe("not_found");
    expect(readdirSync(world.dataDir)).toEqual([]);
    expect(openDescriptors(world.dataDir)).toEqual([]);
  });

  test("removes a file that is not open, and one that is damaged", async () => {
    const damaged = newId();
    await world.append({ webhookId });
    await world.files.closeAll();
    writeFileSync(world.files.pathOf(damaged), "x".repeat(5_000));
    await appErrorOf(() => world.append({ webhookId: damaged }));
    await world.files.delete(webhookId);
    await world.files.delete(damaged);
    expect(readdirSync(world.dataDir)).toEqual([]);
  });

  test("in the middle of writes answers each of them, and leaves no file", async () => {
    const other = newId();
    await world.files.create(webhookId);
    const writes = Array.from({ length: 50 }, () => world.append({ webhookId }));
    const kept = world.append({ webhookId: other });
    // The first group is committed and being synced.
    await turn();
    const late = appErrorOf(() => world.append({ webhookId }));
    const deleted = world.files.delete(webhookId);
    expect(await Promise.allSettled(writes)).toEqual(
      writes.map(() => expect.objectContaining({ status: "fulfilled" })),
    );
    expect((await late).kind).toBe("not_found");
    await deleted;
    await world.writer.drain();
    expect(readdirSync(world.dataDir).filter((name) => name.includes(webhookId))).toEqual([]);
    expect(world.storedIds(other)).toEqual([(await kept).id]);
  });

  test("waits for a close that is under way", async () => {
    await world.append({ webhookId });
    const closed = world.files.closeAll();
    await world.files.delete(webhookId);
    await closed;
    expect(readdirSync(world.dataDir)).toEqual([]);
  });
});

describe("closing", () => {
  test("all leaves whole files without WALs and descriptors, and reopening finds everything", async () => {
    const webhookIds = Array.from({ length: 10 }, () => newId());
    const events = await Promise.all(webhookIds.map((id) => world.append({ webhookId: id })));
    await Promise.all(
      events.map((event) =>
        world.events.searchEvents(event.webhookId, { limit: 1, cursor: null, filter: {} }),
      ),
    );
    await world.files.closeAll();
    expect(readdirSync(world.dataDir).sort()).toEqual(webhookIds.map((id) => `events-${id}.db`).sort());
    expect(openDescriptors(world.dataDir)).toEqual([]);
    const later = createStorageWorld({ dataDir: world.dataDir });
    for (const event of events) {
      expect((await later.events.findEvent(event.webhookId, event.id))?.body).toEqual(event.body);
    }
    await later.dispose();
  });

  test("waits for the users of the file", async () => {
    const file = world.files.open(webhookId);
    world.files.pin(file);
    const retire = spyOn(world.upkeep, "retire");
    const closed = world.files.closeAll();
    for (let n = 0; n < 5; n++) await turn();
    expect(retire).not.toHaveBeenCalled();
    expect(file.wal.ask()).toBeGreaterThan(0);
    world.files.unpin(file);
    await closed;
    expect(() => file.wal.ask()).toThrow();
  });

  test("closes files that nobody used for two minutes, and only those", async () => {
    const busy = newId();
    const pinned = world.files.open(newId());
    world.files.pin(pinned);
    world.files.open(webhookId);
    world.files.open(busy);
    world.clock.advance(2 * MINUTE_MS);
    world.files.open(busy);
    world.clock.advance(1);
    world.files.closeIdle();
    expect(world.files.openCount).toBe(2);
    world.files.unpin(pinned);
  });

  test("twice at the same time, the file having been opened in between, leaves no descriptor", async () => {
    await world.append({ webhookId });
    const first = world.files.closeAll();
    const { id } = await world.append({ webhookId });
    await Promise.all([first, world.files.closeAll()]);
    expect(openDescriptors(world.dataDir)).toEqual([]);
    expect(world.storedIds(webhookId)).toContain(id);
  });

  test("works on the event loop without the worker", async () => {
    const { id } = await world.append({ webhookId });
    world.upkeep.stop();
    await world.files.closeAll();
    expect(openDescriptors(world.dataDir)).toEqual([]);
    expect(world.storedIds(webhookId)).toEqual([id]);
  });
});

test("looking for pending deliveries opens no file here, and names those that cannot be read", async () => {
  const [idle, damaged, missing] = [newId(), newId(), newId()];
  await world.append({ webhookId, targets: [{ id: "target", settlesAtIngest: false }] });
  await world.append({ webhookId: idle, targets: [{ id: "target", settlesAtIngest: true }] });
  await world.files.closeAll();
  writeFileSync(world.files.pathOf(damaged), "x".repeat(5_000));
  expect(await world.events.findPending([webhookId, idle, damaged, missing])).toEqual([webhookId, damaged]);
  expect(world.files.openCount).toBe(0);
  expect(existsSync(world.files.pathOf(missing))).toBe(false);
});
