/** A new file's directory entry is on disk before any of its content counts. */
import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { createStorageWorld, gate, type StorageWorld, turn } from "./storage-world.ts";

let world: StorageWorld;
let webhookId: string;

beforeEach(() => {
  world = createStorageWorld();
  webhookId = newId();
});

afterEach(() => world.dispose());

describe("a new file's directory entry", () => {
  test("is on disk before the first event is acknowledged, and synced no more after that", async () => {
    const syncFolder = spyOn(world.upkeep, "syncFolder");
    const { passed, open } = gate();
    syncFolder.mockImplementationOnce(() => passed);
    let isAcknowledged = false;
    const appended = world.append({ webhookId }).then(() => {
      isAcknowledged = true;
    });
    while (syncFolder.mock.calls.length === 0) await turn();
    await world.files.open(webhookId).syncWal();
    expect(isAcknowledged).toBe(false);
    open();
    await appended;
    await world.append({ webhookId });
    expect(syncFolder.mock.calls).toEqual([[world.dataDir]]);
  });

  test("is synced again after the file was closed, as its WAL is created again", async () => {
    await world.append({ webhookId });
    await world.files.closeAll();
    const syncFolder = spyOn(world.upkeep, "syncFolder");
    await world.append({ webhookId });
    expect(syncFolder).toHaveBeenCalledTimes(1);
  });

  test("does not count as synced by a sync that began before the file was reopened", async () => {
    const { passed, open } = gate();
    const syncFolder = spyOn(world.upkeep, "syncFolder").mockImplementationOnce(() => passed);
    const first = world.files.syncFolder(world.files.open(webhookId));
    await world.files.closeAll();
    const second = world.append({ webhookId });
    open();
    await Promise.all([first, second]);
    expect(syncFolder).toHaveBeenCalledTimes(2);
  });

  test("shares a sync with all entries made before it began, and with none made later", async () => {
    const { passed, open } = gate();
    const syncFolder = spyOn(world.upkeep, "syncFolder").mockImplementationOnce(() => passed);
    const early = Array.from({ length: 20 }, () => world.files.create(newId()));
    while (syncFolder.mock.calls.length === 0) await turn();
    const late = Array.from({ length: 20 }, () => world.files.create(newId()));
    while (world.files.openCount < early.length + late.length) await turn();
    expect(syncFolder).toHaveBeenCalledTimes(1);
    open();
    await Promise.all([...early, ...late]);
    expect(syncFolder).toHaveBeenCalledTimes(2);
  });
});
