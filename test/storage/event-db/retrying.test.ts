/** Counting the deliveries that are between two attempts. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { newId } from "../../../src/lib/ids.ts";
import { createStorageWorld, draft, pendingFor, type StorageWorld, settlement } from "../storage-world.ts";

const webhookId = newId();
let world: StorageWorld;

beforeEach(() => {
  world = createStorageWorld();
});
afterEach(() => world.dispose());

async function addPending(targetId: string): Promise<string> {
  const event = draft({ webhookId, id: newId(), targets: [pendingFor(targetId)] });
  await world.writer.append(event);
  return event.id;
}

function attempt(eventId: string, targetId: string, nextAttemptAt: number): Promise<void> {
  return world.events.settle(webhookId, settlement({ eventId, targetId, status: "pending", nextAttemptAt }));
}

test("counts those that were attempted since they were created or last replayed", async () => {
  const now = world.clock.now();
  const [tried, replayed, delivered] = await Promise.all(["a", "a", "a"].map(addPending));
  await addPending("b");
  for (const id of [tried, replayed, delivered]) await attempt(id ?? "", "a", now + 60_000);
  const replay = { webhookId, eventId: replayed ?? "", targetIds: ["a"], now };
  await world.events.replay(replay);
  const last = settlement({ eventId: delivered ?? "", targetId: "a" }, { attempt: 2 });
  await world.events.settle(webhookId, last);
  expect(await world.events.retrying(webhookId)).toEqual(
    new Map([
      ["a", { count: 1, isExact: true }],
      ["b", { count: 0, isExact: true }],
    ]),
  );
});

test("counts exactly, however many others are pending", async () => {
  const ids = await Promise.all(Array.from({ length: 250 }, () => addPending("a")));
  expect(await world.events.retrying(webhookId)).toEqual(new Map([["a", { count: 0, isExact: true }]]));
  await attempt(ids[3] ?? "", "a", world.clock.now() - 60_000);
  expect(await world.events.retrying(webhookId)).toEqual(new Map([["a", { count: 1, isExact: true }]]));
});

test("says that there may be more where more are retrying than it counts", async () => {
  const now = world.clock.now();
  const ids = await Promise.all(Array.from({ length: 2_001 }, () => addPending("a")));
  await addPending("b");
  await Promise.all(ids.map((id) => attempt(id, "a", now + 60_000)));
  expect(await world.events.retrying(webhookId)).toEqual(
    new Map([
      ["a", { count: 100, isExact: false }],
      ["b", { count: 0, isExact: true }],
    ]),
  );
});
