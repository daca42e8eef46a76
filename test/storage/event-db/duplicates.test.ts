/** Copies of one event: one is stored, the others are counted, and none is answered before the first is on disk. */
import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { newId } from "../../../src/lib/ids.ts";
import { MOST_LISTED } from "../../../src/storage/event-db/duplicates.ts";
import { listLedgerFaults } from "../../../src/storage/event-db/ledger.ts";
import { pruneStep } from "../../../src/storage/event-db/prune.ts";
import { thrownBy } from "../../support/thrown.ts";
import { createStorageWorld, draft, pendingFor, type StorageWorld } from "../storage-world.ts";

let world: StorageWorld;
let webhookId: string;

beforeEach(async () => {
  world = createStorageWorld();
  webhookId = newId();
  await world.append({ webhookId, entrypointId: "other" });
});
afterEach(async () => {
  expect(listLedgerFaults(world.files.open(webhookId).db)).toEqual([]);
  await world.dispose();
});

const send = (body = "hello", key = "k", entrypointId = "entrypoint") =>
  world.events.appendOnce(
    draft({ webhookId, entrypointId, id: newId(), body: Buffer.from(body), targets: [pendingFor("a")] }),
    key,
  );

const stored = () => world.storedIds(webhookId).length - 1;

describe("of copies", () => {
  test("that come together, in one transaction, one is stored", async () => {
    const answers = await Promise.all([send(), send(), send("other")]);
    const [first] = answers;
    expect(answers.map(({ isDuplicate }) => isDuplicate)).toEqual([false, true, true]);
    expect(new Set(answers.map(({ eventId }) => eventId)).size).toBe(1);
    expect(stored()).toBe(1);
    expect(await world.events.findDuplicates(webhookId, first?.eventId ?? "")).toMatchObject({
      count: 2,
      differing: 1,
      last: [
        { number: 2, bodySize: 5, bodyDiffers: true },
        { number: 1, remoteAddress: "192.0.2.1", bodyDiffers: false },
      ],
    });
  });

  test("that come one after the other one is stored, with its deliveries once", async () => {
    const first = await send();
    expect(await send()).toEqual({ eventId: first.eventId, isDuplicate: true });
    expect(stored()).toBe(1);
    expect(await world.events.listDeliveries(webhookId, first.eventId)).toHaveLength(1);
  });

  test("the number is not bounded, the list is", async () => {
    const { eventId } = await send();
    for (let n = 0; n < MOST_LISTED + 5; n++) await send();
    const { count, last } = await world.events.findDuplicates(webhookId, eventId);
    expect(count).toBe(MOST_LISTED + 5);
    expect(last).toHaveLength(MOST_LISTED);
    expect(last[0]?.number).toBe(MOST_LISTED + 5);
  });

  test("the log says how many there were", async () => {
    await send();
    await send("differs");
    const { events } = await world.events.searchEvents(webhookId, { limit: 5, cursor: null, filter: {} });
    expect(events.map(({ duplicates }) => duplicates)).toContainEqual({ count: 1, differing: 1 });
    expect(events.map(({ duplicates }) => duplicates)).toContainEqual({ count: 0, differing: 0 });
  });
});

test("another key, or another entrypoint, makes another event", async () => {
  const answers = await Promise.all([send("a"), send("a", "k2"), send("a", "k", "second")]);
  expect(answers.every(({ isDuplicate }) => !isDuplicate)).toBe(true);
  expect(stored()).toBe(3);
});

test("a copy is not answered before the first event is on disk", async () => {
  const file = world.files.open(webhookId);
  const synced: (() => void)[] = [];
  spyOn(file, "syncWal").mockImplementation(() => new Promise((resolve) => synced.push(resolve)));
  let isAnswered = false;
  const first = send();
  // The first one's group is committed and waits for the disk; the copy comes in another group.
  while (synced.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const copy = send().then((answer) => {
    isAnswered = true;
    return answer;
  });
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(isAnswered).toBe(false);
  for (const resolve of synced) resolve();
  expect((await copy).eventId).toBe((await first).eventId);
});

test("where the first event's sync fails, its copy is refused too: neither may be on disk", async () => {
  const file = world.files.open(webhookId);
  const failing = Promise.withResolvers<void>();
  const system = spyOn(file, "fdatasync").mockReturnValueOnce(failing.promise);
  const first = thrownBy(() => send());
  while (system.mock.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const copy = thrownBy(() => send());
  failing.reject(new Error("EIO"));
  expect(await first).toMatchObject({ kind: "unavailable" });
  expect(await copy).toMatchObject({ kind: "unavailable" });
  // The manager copies the log back before the file is used again.
  await world.writer.drain();
  world.clock.advance(60_000);
  while ((await thrownBy(() => Promise.resolve(world.files.open(webhookId))).catch(() => null)) !== null) {
    await new Promise((resolve) => setImmediate(resolve));
    world.clock.advance(60_000);
  }
});

test("the key goes with its event, and the next copy is an event again", async () => {
  const first = await send();
  await send();
  const id = first.eventId;
  await world.writer.change(webhookId, (file) => {
    file.db.run("UPDATE deliveries SET status = 'delivered', next_attempt_at = NULL");
    file.tally.moved("a", "pending", "delivered");
    const rule = { undeliveredBefore: 0, restingSince: Number.MAX_SAFE_INTEGER, reason: "", now: 0 };
    pruneStep(file, "", { ...rule, finishedBefore: Number.POSITIVE_INFINITY, enoughBytes: 1e9 });
  });
  expect(await world.events.findEvent(webhookId, id)).toBeNull();
  expect((await world.events.findDuplicates(webhookId, id)).count).toBe(0);
  expect(await send()).toMatchObject({ isDuplicate: false });
});
