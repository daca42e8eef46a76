/** The newest events in memory equal those in the file, and are limited. */
import { expect, test } from "bun:test";
import { newId } from "../../../src/lib/ids.ts";
import { RecentEvents } from "../../../src/storage/stores/recent-events.ts";
import { createStorageWorld, draft, pendingFor } from "../storage-world.ts";

test("a recent event equals the one read from the file", async () => {
  const world = createStorageWorld();
  try {
    const webhookId = newId();
    const event = await world.append({ webhookId, query: "a=1", targets: [pendingFor("t")] });
    const recent = new RecentEvents();
    recent.put(event);
    const stored = await world.events.findEvent(webhookId, event.id);
    expect(recent.find(webhookId, event.id)).toMatchObject({ ...stored, body: event.body });
    expect(Buffer.from(stored?.body ?? [])).toEqual(Buffer.from(event.body));
  } finally {
    await world.dispose();
  }
});

test("events without targets, large ones and those displaced by newer ones are not kept", () => {
  const recent = new RecentEvents();
  const webhookId = newId();
  const settled = draft({ webhookId, targets: [{ id: "d", settlesAtIngest: true }] });
  const large = draft({ webhookId, targets: [pendingFor("t")], body: Buffer.alloc(64 * 1024 + 1) });
  recent.put(settled);
  recent.put(large);
  expect([recent.find(webhookId, settled.id), recent.find(webhookId, large.id)]).toEqual([null, null]);

  const body = Buffer.alloc(64 * 1024);
  const many = Array.from({ length: 200 }, () => draft({ webhookId, targets: [pendingFor("t")], body }));
  for (const event of many) recent.put(event);
  const kept = many.filter((event) => recent.find(webhookId, event.id) !== null);
  expect(kept.length).toBeGreaterThan(60);
  expect(kept.length).toBeLessThan(128);
  expect(kept.at(-1)?.id).toBe(many.at(-1)?.id);
});

test("the number of small events is limited", () => {
  const recent = new RecentEvents();
  const webhookId = newId();
  const many = Array.from({ length: 3_000 }, () => draft({ webhookId, targets: [pendingFor("t")] }));
  for (const event of many) recent.put(event);
  const kept = many.filter((event) => recent.find(webhookId, event.id) !== null);
  expect(kept.length).toBeGreaterThanOrEqual(512);
  expect(kept.length).toBeLessThanOrEqual(1_024);
  expect(kept).toEqual(many.slice(-kept.length));
});

test("an event is given to its own webhook alone, though another's file names its id", () => {
  const recent = new RecentEvents();
  const event = draft({ webhookId: newId(), targets: [pendingFor("t")] });
  recent.put(event);
  expect(recent.find(newId(), event.id)).toBeNull();
  expect(recent.find(event.webhookId, event.id)?.id).toBe(event.id);
});
