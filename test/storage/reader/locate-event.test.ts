import { afterAll, beforeAll, expect, test } from "bun:test";
import { utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { newId } from "../../../src/lib/ids.ts";
import { locateEvent } from "../../../src/storage/reader/locate-event.ts";
import { createStorageWorld, type StorageWorld } from "../storage-world.ts";

let world: StorageWorld;
let paths: string[];
let ids: string[];

beforeAll(async () => {
  world = createStorageWorld();
  const events = await Promise.all(
    [newId(), newId()].map(async (webhookId) => ({ ...(await world.append({ webhookId })), webhookId })),
  );
  paths = events.map(({ webhookId }) => world.files.pathOf(webhookId));
  ids = events.map(({ id }) => id);
});
afterAll(() => world.dispose());

test("an event is found in whichever file has it, past files that cannot be read or are missing", () => {
  const broken = join(dirname(paths[0] ?? ""), "broken.db");
  writeFileSync(broken, "no database");
  const all = [join(dirname(paths[0] ?? ""), "missing.db"), broken, ...paths];
  for (const [n, id] of ids.entries()) {
    const found = { path: paths[n] ?? "", eventId: id };
    expect(locateEvent({ paths: all, id, limitMs: 5_000 })).toEqual({ found, isWhole: true });
  }
  expect(locateEvent({ paths: all, id: newId(), limitMs: 5_000 })).toEqual({ found: null, isWhole: true });
});

test("a search that is out of time says that it did not search everything", () => {
  expect(locateEvent({ paths, id: ids[1] ?? "", limitMs: -1 })).toEqual({ found: null, isWhole: false });
});

test("a file that was not written since the event's time is not opened", async () => {
  const [path = ""] = paths;
  await world.files.closeAll();
  utimesSync(path, 1_000, 1_000);
  expect(locateEvent({ paths: [path], id: ids[0] ?? "", limitMs: 5_000 }).found).toBeNull();
});
