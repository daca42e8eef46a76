/** Rows of the log show a part of bodies, and its filter proposes types. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { newId } from "../../../src/lib/ids.ts";
import type { EventDraft } from "../../../src/storage/event-db/types.ts";
import { createStorageWorld, draft, type StorageWorld } from "../storage-world.ts";

const webhookId = newId();
let world: StorageWorld;

beforeEach(() => {
  world = createStorageWorld();
});
afterEach(() => world.dispose());

async function add(values: Partial<EventDraft>): Promise<void> {
  await world.writer.append(draft({ webhookId, id: newId(), targets: [], ...values }));
}

async function listPreviews(): Promise<(string | null)[]> {
  const search = { limit: 10, cursor: null, filter: {}, withPreviews: true };
  return (await world.events.searchEvents(webhookId, search)).events.map(({ preview }) => preview);
}

test("a preview is made from the beginning of a body, and of none above 64 KiB", async () => {
  const order = (length: number) => Buffer.from(`{"id":1,"text":"${"x".repeat(length)}"}`);
  for (const body of [order(1), order(5_000), order(70_000), new Uint8Array()]) {
    await add({ body, contentType: "application/json" });
  }
  expect(await listPreviews()).toEqual([null, null, "id 1", "id 1 · x"]);
});

test("no preview is read where none is asked for", async () => {
  await add({ body: Buffer.from('{"id":1}') });
  const { events } = await world.events.searchEvents(webhookId, { limit: 10, cursor: null, filter: {} });
  expect(events.map(({ preview }) => preview)).toEqual([null]);
});

test("the types of the newest thousand events are listed, the most frequent first", async () => {
  await add({ type: "too.old" });
  for (let n = 0; n < 1_000; n++) await add({ type: n < 3 ? "rare" : n % 3 === 0 ? null : "frequent" });
  expect(await world.events.listRecentTypes(webhookId)).toEqual(["frequent", "rare"]);
});

test("types behind more than 8 MiB of bodies are not looked for", async () => {
  await add({ type: "behind" });
  for (let n = 0; n < 5; n++) await add({ type: `t${n}`, body: new Uint8Array(2 * 1024 * 1024) });
  expect([...(await world.events.listRecentTypes(webhookId))].sort()).toEqual(["t0", "t1", "t2", "t3", "t4"]);
});

test("fifty types are listed at most, and none above 80 characters", async () => {
  await add({ type: "x".repeat(81) });
  expect(await world.events.listRecentTypes(webhookId)).toEqual([]);
  for (let n = 0; n < 60; n++) await add({ type: `type ${n}` });
  expect(await world.events.listRecentTypes(webhookId)).toHaveLength(50);
});
