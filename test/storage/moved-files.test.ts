/**
 * Files that are deleted, moved or replaced under the running gateway: no event is acknowledged into a file that nobody
 * will find.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newId } from "../../src/lib/ids.ts";
import { appErrorOf } from "../support/thrown.ts";
import { createStorageWorld, openDescriptors, query, type StorageWorld, turn } from "./storage-world.ts";

const RETRY_MS = 5_000;
/** Interval at which a file's path is checked. */
const LOOK_MS = 100;

let world: StorageWorld;
let webhookId: string;
let path: string;
let stored: string[];
let missing: string[];
let isFolderInPlace: boolean;

beforeEach(async () => {
  missing = [];
  isFolderInPlace = true;
  world = createStorageWorld({
    isFolderInPlace: () => isFolderInPlace,
    onMissing: (id) => missing.push(id),
  });
  webhookId = newId();
  path = world.files.pathOf(webhookId);
  await world.files.create(webhookId);
  stored = [];
  for (let n = 0; n < 3; n++) stored.push((await world.append({ webhookId })).id);
  world.clock.advance(LOOK_MS);
});

afterEach(() => world.dispose());

const FILES = ["", "-wal", "-shm"];

function move(from: string, to: string): void {
  for (const end of FILES) if (existsSync(from + end)) renameSync(from + end, to + end);
}

async function expectGone(id = webhookId, code = "event_file_gone"): Promise<void> {
  const error = await appErrorOf(() => world.append({ webhookId: id }));
  expect(error).toMatchObject({ kind: "unavailable", code, retryAfterSeconds: 30 });
  expect(error.message).toContain(id);
  expect(error.hint).toBeString();
}

/** Appends until an event is accepted: as soon as the path was checked again. */
async function appendAgain(): Promise<string> {
  for (;;) {
    world.clock.advance(RETRY_MS);
    try {
      return (await world.append({ webhookId })).id;
    } catch {
      await turn();
    }
  }
}

describe("a file in use", () => {
  test("that is deleted takes no more events and is not created again, and others go on", async () => {
    for (const end of FILES) rmSync(path + end, { force: true });
    await expectGone();
    const other = newId();
    const { id } = await world.append({ webhookId: other });
    expect(world.storedIds(other)).toEqual([id]);
    for (let n = 0; n < 3; n++) {
      world.clock.advance(RETRY_MS);
      await expectGone();
      await turn();
    }
    expect(existsSync(path)).toBe(false);
    expect(openDescriptors(path)).toEqual([]);
  });

  test("that is moved away is used again, with all its events, once it is put back", async () => {
    move(path, `${path}.away`);
    await expectGone();
    move(`${path}.away`, path);
    const id = await appendAgain();
    const [refused] = world.storedIds(webhookId).filter((each) => !stored.includes(each) && each !== id);
    // The refused event may be there: its sender was not told that it is not.
    expect(world.storedIds(webhookId)).toEqual([...stored, ...(refused ? [refused] : []), id]);
    expect(missing).toEqual([]);
  });

  test("that is replaced takes no more events, and the file in its place keeps its WAL", async () => {
    const [otherId, folder] = [newId(), join(world.dataDir, "backup")];
    mkdirSync(folder);
    await world.files.create(otherId);
    const kept = await world.append({ webhookId: otherId });
    for (const end of ["", "-wal"]) {
      copyFileSync(world.files.pathOf(otherId) + end, join(folder, `copy.db${end}`));
    }
    for (const end of FILES) rmSync(path + end, { force: true });
    move(join(folder, "copy.db"), path);
    await expectGone();
    const id = await appendAgain();
    expect(world.storedIds(webhookId)).toEqual([kept.id, id]);
  });

  test("whose WAL is deleted takes no more events: they would be in that WAL alone", async () => {
    rmSync(`${path}-wal`);
    await expectGone();
    const id = await appendAgain();
    expect(world.storedIds(webhookId)).toEqual(expect.arrayContaining([...stored, id]));
    expect(query(path, "PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
  });

  test("whose folder is replaced by an empty one takes no more events, and no file is created there", async () => {
    const cold = newId();
    await world.append({ webhookId: cold });
    await world.files.closeAll();
    await world.append({ webhookId });
    missing.length = 0;
    world.clock.advance(LOOK_MS);
    const away = `${world.dataDir}.away`;
    renameSync(world.dataDir, away);
    mkdirSync(world.dataDir);
    isFolderInPlace = false;
    await expectGone();
    await expectGone(cold, "data_folder_gone");
    expect((await appErrorOf(() => world.files.create(newId()))).code).toBe("data_folder_gone");
    rmSync(world.dataDir, { recursive: true });
    renameSync(away, world.dataDir);
    isFolderInPlace = true;
    const id = await appendAgain();
    expect(world.storedIds(webhookId)).toEqual(expect.arrayContaining([...stored, id]));
    expect((await world.append({ webhookId: cold })).id).toBeString();
    expect(missing).toEqual([]);
  });

  test("is checked only now and then, as events come in", async () => {
    await world.append({ webhookId });
    rmSync(path);
    await world.append({ webhookId });
    world.clock.advance(LOOK_MS);
    await expectGone();
  });
});

describe("a file that is missing when it is opened", () => {
  test("is created again, and reported", async () => {
    await world.files.closeAll();
    rmSync(path);
    const { id } = await world.append({ webhookId });
    expect(world.storedIds(webhookId)).toEqual([id]);
    expect(missing).toEqual([webhookId]);
    await world.files.closeAll();
    await world.append({ webhookId });
    expect(missing).toEqual([webhookId]);
  });

  test("is not reported for a new webhook", async () => {
    await world.files.create(newId());
    expect(missing).toEqual([]);
  });

  test("is not reported if another file is in its place", async () => {
    await world.files.closeAll();
    writeFileSync(path, "this is no database".repeat(500));
    await appErrorOf(() => world.append({ webhookId }));
    expect(missing).toEqual([]);
  });
});
