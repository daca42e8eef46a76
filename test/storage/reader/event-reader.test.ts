/**
 * Searches run in a worker beside everything else: limited, ended when the file is needed, and restarted after a fault.
 */
import { afterEach, expect, spyOn, test } from "bun:test";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { newId } from "../../../src/lib/ids.ts";
import { type EventReader, startEventReader } from "../../../src/storage/reader/event-reader.ts";
import { makeTestFolder } from "../../support/folder.ts";
import { appErrorOf, thrownBy } from "../../support/thrown.ts";
import { createStorageWorld, openDescriptors, type StorageWorld } from "../storage-world.ts";

const ALL = { limit: 10, cursor: null, filter: {} };
const NOWHERE = { limit: 10, cursor: null, filter: { text: "there is none" } };
/** More events than a search reads in one step. */
const SEVERAL_STEPS = 2_500;
const NO_ANSWER = `
  self.onmessage = ({ data }) => {
    if (data.kind === "let-go") self.postMessage({ id: data.id, value: null, error: null });
  };`;

const worlds: StorageWorld[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.dispose();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function worldWith(reader: EventReader): StorageWorld {
  const world = createStorageWorld({ reader });
  worlds.push(world);
  return world;
}

function newFolder(): string {
  const folder = makeTestFolder("reader");
  folders.push(folder);
  return folder;
}

function scripted(code: string): URL {
  const path = join(newFolder(), "scripted-worker.ts");
  writeFileSync(path, code);
  return pathToFileURL(path);
}

async function append(world: StorageWorld, webhookId: string, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => world.append({ webhookId })));
}

test("a search does not use the writing connection, and sees the latest commits", async () => {
  const world = worldWith(startEventReader());
  const webhookId = newId();
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) {
    ids.unshift((await world.append({ webhookId })).id);
    const query = spyOn(world.files.open(webhookId).db, "query");
    const found = await world.events.searchEvents(webhookId, ALL);
    expect(found.events.map(({ id }) => id)).toEqual(ids);
    expect(query).not.toHaveBeenCalled();
    query.mockRestore();
  }
});

test("events are stored and read while a search occupies its thread", async () => {
  const flag = join(newFolder(), "go-on");
  const script = scripted(`
    import { existsSync } from "node:fs";
    self.onmessage = ({ data }) => {
      while (!existsSync(${JSON.stringify(flag)})) Bun.sleepSync(1);
      const value = { events: [], nextCursor: null, stoppedEarly: false, searchedBackTo: null };
      self.postMessage({ id: data.id, value: data.kind === "search" ? value : null, error: null });
    };`);
  const world = worldWith(startEventReader({ script }));
  const webhookId = newId();
  await world.files.create(webhookId);
  const searched = world.events.searchEvents(webhookId, NOWHERE);
  const { id } = await world.append({ webhookId });
  expect((await world.events.findEvent(webhookId, id))?.id).toBe(id);
  expect(existsSync(flag)).toBe(false);
  writeFileSync(flag, "");
  expect((await searched).stoppedEarly).toBe(false);
});

test("a search whose time is up says how far it came, and can be continued", async () => {
  const world = worldWith(startEventReader({ searchMs: -1 }));
  const webhookId = newId();
  await append(world, webhookId, SEVERAL_STEPS);
  let cursor: string | null = null;
  let stops = 0;
  for (;;) {
    const page = await world.events.searchEvents(webhookId, { ...NOWHERE, cursor });
    cursor = page.nextCursor;
    if (!page.stoppedEarly) break;
    expect(page.searchedBackTo).toBeGreaterThan(0);
    stops++;
  }
  expect(stops).toBe(2);
  expect(cursor).toBeNull();
});

test("deleting a webhook ends the searches of its file, and no others", async () => {
  const world = worldWith(startEventReader({ script: scripted(NO_ANSWER) }));
  const [deleted, kept] = [newId(), newId()];
  const searches = [deleted, deleted, kept].map(async (webhookId) => {
    await world.files.create(webhookId);
    return appErrorOf(() => world.events.searchEvents(webhookId, NOWHERE));
  });
  const [first, second, other] = searches;
  await Promise.all([deleted, kept].map((webhookId) => world.files.create(webhookId)));
  await world.files.delete(deleted);
  expect((await first)?.code).toBe("search_ended");
  expect((await second)?.code).toBe("search_ended");
  expect(await Promise.race([other, "goes on"])).toBe("goes on");
  expect((await appErrorOf(() => world.events.searchEvents(deleted, ALL))).kind).toBe("not_found");
});

test("a file that was searched leaves no descriptor behind when it is deleted", async () => {
  const world = worldWith(startEventReader());
  const webhookId = newId();
  await append(world, webhookId, SEVERAL_STEPS);
  // Some searches may be over when the file is deleted.
  const searches = Promise.allSettled(
    Array.from({ length: 5 }, () => world.events.searchEvents(webhookId, NOWHERE)),
  );
  await world.events.searchEvents(webhookId, ALL);
  await world.files.delete(webhookId);
  expect(openDescriptors(world.dataDir)).toEqual([]);
  await searches;
});

test("searches of many files at once hold few of them open", async () => {
  const world = worldWith(startEventReader());
  const webhookIds = Array.from({ length: 6 }, () => newId());
  for (const webhookId of webhookIds) await append(world, webhookId, 1_100);
  const before = openDescriptors(world.dataDir).length;
  const pages = await Promise.all(
    webhookIds.map((webhookId) => world.events.searchEvents(webhookId, NOWHERE)),
  );
  expect(pages).toEqual(pages.map(() => expect.objectContaining({ events: [], stoppedEarly: false })));
  const more = openDescriptors(world.dataDir).length - before;
  expect(more).toBeGreaterThan(0);
  expect(more).toBeLessThanOrEqual(4);
});

test("a search that nobody waits for any more ends, and makes room for another", async () => {
  const world = worldWith(startEventReader({ script: scripted(NO_ANSWER), mostAtOnce: 1 }));
  const webhookId = newId();
  await world.files.create(webhookId);
  for (let n = 0; n < 3; n++) {
    const asker = new AbortController();
    if (n === 2) asker.abort();
    const asked = { ...ALL, signal: asker.signal };
    const searched = appErrorOf(() => world.events.searchEvents(webhookId, asked));
    asker.abort();
    expect((await searched).code).toBe("search_ended");
  }
});

test("searches beyond a limit are refused", async () => {
  const world = worldWith(startEventReader({ script: scripted(NO_ANSWER), mostAtOnce: 2 }));
  const webhookId = newId();
  await world.files.create(webhookId);
  const taken = [1, 2].map(() => appErrorOf(() => world.events.searchEvents(webhookId, ALL)));
  const refused = await appErrorOf(() => world.events.searchEvents(webhookId, ALL));
  expect([refused.kind, refused.code]).toEqual(["unavailable", "busy"]);
  await world.files.delete(webhookId);
  expect((await Promise.all(taken)).map(({ code }) => code)).toEqual(["search_ended", "search_ended"]);
  const later = newId();
  await world.files.create(later);
  const again = appErrorOf(() => world.events.searchEvents(later, ALL));
  await world.files.delete(later);
  expect((await again).code).toBe("search_ended");
});

const asked = (asker: string, text?: string) => ({
  ...ALL,
  asker,
  filter: text === undefined ? {} : { text },
});

test("lists that need no bodies are read while another thread searches bodies", async () => {
  const script = scripted(`
    self.onmessage = ({ data }) => {
      if (data.search?.filter.text) for (;;) Bun.sleepSync(1_000);
      self.postMessage({ id: data.id, value: data.kind === "search" ? { events: [], nextCursor: "here" } : null, error: null });
    };`);
  const reader = startEventReader({ script });
  const world = worldWith(reader);
  const webhookId = newId();
  await world.files.create(webhookId);
  const slow = thrownBy(() => world.events.searchEvents(webhookId, NOWHERE));
  expect((await world.events.searchEvents(webhookId, ALL)).nextCursor).toBe("here");
  reader.stop();
  expect(await slow).toBeInstanceOf(Error);
});

test("one asker's text searches wait for each other; others' searches and plain lists do not", async () => {
  const flag = join(newFolder(), "go-on");
  const script = scripted(`
    import { existsSync } from "node:fs";
    let atOnce = 0;
    self.onmessage = async ({ data }) => {
      const most = ++atOnce;
      while (data.search?.filter.text === "slow" && !existsSync(${JSON.stringify(flag)})) await Bun.sleep(1);
      const value = data.kind === "search" ? { events: [], nextCursor: String(most) } : null;
      atOnce--;
      self.postMessage({ id: data.id, value, error: null });
    };`);
  const world = worldWith(startEventReader({ script }));
  const webhookId = newId();
  await world.files.create(webhookId);
  const search = (...of: Parameters<typeof asked>) => world.events.searchEvents(webhookId, asked(...of));
  const first = search("bob", "slow");
  const second = search("bob", "quick");
  const gone = new AbortController();
  const left = appErrorOf(() =>
    world.events.searchEvents(webhookId, { ...asked("bob", "quick"), signal: gone.signal }),
  );
  expect((await search("ada", "quick")).nextCursor).toBe("2");
  expect((await search("bob")).nextCursor).toBe("1");
  gone.abort();
  expect((await left).code).toBe("search_ended");
  writeFileSync(flag, "");
  expect((await first).nextCursor).toBe("1");
  expect((await second).nextCursor).toBe("1");
});

test("an asker's waiting searches are limited", async () => {
  const world = worldWith(startEventReader({ script: scripted(NO_ANSWER) }));
  const webhookId = newId();
  await world.files.create(webhookId);
  const search = () => appErrorOf(() => world.events.searchEvents(webhookId, asked("bob", "x")));
  const taken = Array.from({ length: 21 }, search);
  expect((await search()).code).toBe("busy");
  await world.files.delete(webhookId);
  const codes = (await Promise.all(taken)).map(({ code }) => code);
  expect(codes).toEqual(Array(21).fill("search_ended"));
});

test("a worker that dies fails its searches, and the next search gets another one", async () => {
  const script = scripted(`
    self.onmessage = ({ data }) => {
      if (data.search?.cursor !== null) setTimeout(() => { throw new Error("out of order"); });
      else self.postMessage({ id: data.id, value: { events: [], nextCursor: "here" }, error: null });
    };`);
  const world = worldWith(startEventReader({ script }));
  const webhookId = newId();
  await world.files.create(webhookId);
  const failed = await appErrorOf(() => world.events.searchEvents(webhookId, { ...ALL, cursor: newId() }));
  expect(failed.kind).toBe("unavailable");
  expect(failed.message).toContain("out of order");
  expect((await world.events.searchEvents(webhookId, ALL)).nextCursor).toBe("here");
});
