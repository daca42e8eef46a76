/**
 * Duplicates of one event: one is stored, the others are counted, and none is acknowledged before the first is on disk.
 */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import fc from "fast-check";
import { newId, newIdAt, timeOfId } from "../../../src/lib/ids.ts";
import { MOST_LISTED } from "../../../src/storage/event-db/duplicates.ts";
import { eventMigrations } from "../../../src/storage/event-db/migrations/index.ts";
import { listLedgerFaults } from "../../../src/storage/event-db/numbers/ledger.ts";
import { pruneStep } from "../../../src/storage/event-db/prune.ts";
import { thrownBy } from "../../support/thrown.ts";
import { createStorageWorld, dedupKey, draft, pendingFor, type StorageWorld } from "../storage-world.ts";

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

type Sent = Readonly<{
  id?: string;
  body?: string;
  key?: string;
  entrypointId?: string;
  differing?: "store" | "drop";
  method?: string;
  pathTail?: string;
  query?: string;
}>;

function send({ body = "hello", key = "k", differing = "store", ...request }: Sent = {}) {
  const values = { id: newId(), entrypointId: "entrypoint", targets: [pendingFor("a")], ...request };
  return world.events.appendOnce(
    draft({ webhookId, ...values, body: Buffer.from(body) }),
    dedupKey({ key, body, differing }),
  );
}

/** Delivers all pending deliveries, and deletes the events received up to this one. */
function deleteUntil(eventId: string): void {
  world.inFile(webhookId, (file) => {
    const { changes } = file.db.run(
      "UPDATE deliveries SET status = 'delivered', next_attempt_at = NULL WHERE status = 'pending' AND event_id <= ?",
      [eventId],
    );
    for (let n = 0; n < changes; n++) file.tally.moved("a", "pending", "delivered");
    const rule = { undeliveredBefore: 0, restingSince: null, reason: "", enoughBytes: null, now: 0 };
    pruneStep(file, { after: "", rows: 250, rule: { ...rule, finishedBefore: timeOfId(eventId) + 1 } });
  });
}

const sameKeyAs = async (eventId: string) =>
  (await world.events.findDuplicates(webhookId, eventId)).sameKeyAs;

const stored = () => world.storedIds(webhookId).length - 1;

describe("of duplicates", () => {
  test("that come together, in one transaction, one is stored", async () => {
    const answers = await Promise.all([send(), send(), send()]);
    const [first] = answers;
    expect(answers.map(({ isDuplicate }) => isDuplicate)).toEqual([false, true, true]);
    expect(new Set(answers.map(({ eventId }) => eventId)).size).toBe(1);
    expect(stored()).toBe(1);
    expect(await world.events.findDuplicates(webhookId, first?.eventId ?? "")).toMatchObject({
      count: 2,
      differing: 0,
      sameKeyAs: null,
      last: [
        { number: 2, bodySize: 5, bodyDiffers: false },
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

  test("the number is not limited, the list is", async () => {
    const { eventId } = await send();
    for (let n = 0; n < MOST_LISTED + 5; n++) await send();
    const { count, last } = await world.events.findDuplicates(webhookId, eventId);
    expect(count).toBe(MOST_LISTED + 5);
    expect(last).toHaveLength(MOST_LISTED);
    expect(last[0]?.number).toBe(MOST_LISTED + 5);
  });

  test("the event log shows their number", async () => {
    await send();
    await send();
    const { events } = await world.events.searchEvents(webhookId, { limit: 5, cursor: null, filter: {} });
    expect(events.map(({ duplicates }) => duplicates)).toEqual([
      { count: 1, differing: 0, sameKeyAs: null },
      { count: 0, differing: 0, sameKeyAs: null },
    ]);
  });
});

describe("a request with the key of an event, and another body, method, path or query", () => {
  test("is an event of its own with its deliveries, and names the oldest one", async () => {
    const first = await send();
    for (const [change, differsIn] of [
      [{ body: "other" }, "body"],
      [{ method: "PUT" }, "request line"],
      [{ pathTail: "/a" }, "request line"],
      [{ query: "id=1" }, "request line"],
      [{ pathTail: "/a", body: "other" }, "request line"],
    ] as const) {
      const other = await send(change);
      expect(other.isDuplicate).toBe(false);
      expect(await world.events.listDeliveries(webhookId, other.eventId)).toHaveLength(1);
      expect(await sameKeyAs(other.eventId)).toEqual({ eventId: first.eventId, differsIn });
      expect(await send(change)).toEqual({ eventId: other.eventId, isDuplicate: true });
    }
    expect(stored()).toBe(6);
    expect(await send()).toEqual({ eventId: first.eventId, isDuplicate: true });
    expect((await world.events.findDuplicates(webhookId, first.eventId)).count).toBe(1);
  });

  test("is dropped and counted at the oldest one if its owner chose so, unless it is a duplicate of another", async () => {
    const first = await send();
    const second = await send({ body: "second" });
    expect(await send({ body: "third", differing: "drop" })).toEqual({
      eventId: first.eventId,
      isDuplicate: true,
    });
    expect(await send({ body: "second", differing: "drop" })).toEqual({
      eventId: second.eventId,
      isDuplicate: true,
    });
    expect(stored()).toBe(2);
    expect(await world.events.findDuplicates(webhookId, first.eventId)).toMatchObject({
      count: 1,
      differing: 1,
      last: [{ bodySize: 5, bodyDiffers: true }],
    });
    expect(await world.events.findDuplicates(webhookId, second.eventId)).toMatchObject({
      count: 1,
      differing: 0,
    });
  });

  test("names the oldest remaining one, and none if it is the oldest itself", async () => {
    const [first, second, third] = [
      await send({ id: newIdAt(1_000) }),
      await send({ id: newIdAt(2_000), body: "2" }),
      await send({ id: newIdAt(3_000), body: "3" }),
    ];
    expect(await sameKeyAs(third.eventId)).toMatchObject({ eventId: first.eventId });
    deleteUntil(first.eventId);
    expect(await sameKeyAs(third.eventId)).toMatchObject({ eventId: second.eventId });
    expect(await sameKeyAs(second.eventId)).toBeNull();
    expect((await send()).isDuplicate).toBe(false);
  });

  test("is found, whatever came before, by equal requests and by nothing else", async () => {
    const request = fc.record({
      key: fc.constantFrom("a", "b"),
      body: fc.constantFrom("", "1", "2"),
      method: fc.constantFrom("POST", "PUT"),
      pathTail: fc.constantFrom("", "/p"),
      query: fc.constantFrom("", "q", "p"),
      differing: fc.constantFrom("store" as const, "drop" as const),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 25 }), async (requests) => {
        const entrypointId = `entrypoint ${run++}`;
        const known = new Map<string, string>();
        const firsts = new Map<string, string>();
        for (const sent of requests) {
          const { differing, ...what } = sent;
          const answer = await send({ ...sent, entrypointId });
          const same = known.get(JSON.stringify(what)) ?? null;
          const first = firsts.get(what.key) ?? null;
          const copied = same ?? (differing === "drop" ? first : null);
          expect(answer.isDuplicate).toBe(copied !== null);
          if (copied !== null) {
            expect(answer.eventId).toBe(copied);
            continue;
          }
          known.set(JSON.stringify(what), answer.eventId);
          firsts.set(what.key, first ?? answer.eventId);
          expect((await sameKeyAs(answer.eventId))?.eventId ?? null).toBe(first);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("costs the same, however many events have the key", async () => {
    await send();
    const { db } = world.files.open(webhookId);
    for (const sql of [
      "SELECT event_id FROM dedup_keys WHERE entrypoint_id = 'e' AND dedup_key = 'k' AND request_hash = x'00'",
      "SELECT min(event_id) AS id FROM dedup_keys WHERE entrypoint_id = 'e' AND dedup_key = 'k'",
    ]) {
      expect(db.query(`EXPLAIN QUERY PLAN ${sql}`).all()).toMatchObject([
        { detail: expect.stringMatching(/^SEARCH dedup_keys USING (PRIMARY KEY|COVERING INDEX)/) },
      ]);
    }
  });
});

test("another key, or another entrypoint, makes another event", async () => {
  const answers = await Promise.all([send(), send({ key: "k2" }), send({ entrypointId: "second" })]);
  expect(answers.every(({ isDuplicate }) => !isDuplicate)).toBe(true);
  for (const { eventId } of answers) expect(await sameKeyAs(eventId)).toBeNull();
  expect(stored()).toBe(3);
});

test("events stored before requests were hashed get their duplicates, and no others", async () => {
  const before = newId();
  const old = newIdAt(1);
  const db = new Database(world.files.pathOf(before), { create: true });
  for (const sql of eventMigrations.slice(0, 9)) db.run(sql);
  db.run("PRAGMA user_version = 9");
  db.run(
    `INSERT INTO events (id, entrypoint_id, received_at, method, path_tail, query, headers, content_type,
       remote_address, body_size, body) VALUES (?, 'entrypoint', 1, 'POST', '', '', '[]', '', '', 5, ?)`,
    [old, Buffer.from("hello")],
  );
  db.run(
    "INSERT INTO dedup_keys (entrypoint_id, dedup_key, event_id, duplicates) VALUES ('entrypoint', 'k', ?, 4)",
    [old],
  );
  db.close();
  const sendTo = (body: string) =>
    world.events.appendOnce(
      draft({ webhookId: before, id: newId(), body: Buffer.from(body) }),
      dedupKey({ body }),
    );
  const other = await sendTo("other");
  expect(other.isDuplicate).toBe(false);
  expect(await sendTo("hello")).toEqual({ eventId: old, isDuplicate: true });
  expect(await sendTo("other")).toEqual({ eventId: other.eventId, isDuplicate: true });
  expect(await world.events.findDuplicates(before, old)).toMatchObject({ count: 5, differing: 0 });
  expect((await world.events.findDuplicates(before, other.eventId)).sameKeyAs?.eventId).toBe(old);
  expect(listLedgerFaults(world.files.open(before).db)).toEqual([]);
});

test("a duplicate is not acknowledged before the first event is on disk", async () => {
  const file = world.files.open(webhookId);
  const synced: (() => void)[] = [];
  spyOn(file, "syncWal").mockImplementation(() => new Promise((resolve) => synced.push(resolve)));
  let isAnswered = false;
  const first = send();
  // The first one's group is committed and waits for the disk; the duplicate comes in another group.
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

test("if the first event's sync fails, its duplicate is refused too: neither may be on disk", async () => {
  const file = world.files.open(webhookId);
  const failing = Promise.withResolvers<void>();
  const system = spyOn(file, "fdatasync").mockReturnValueOnce(failing.promise);
  const first = thrownBy(() => send());
  while (system.mock.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const copy = thrownBy(() => send());
  // Committed by now: later, it would wait until the file is mended, and could be stored.
  while (system.mock.calls.length === 1) await new Promise((resolve) => setImmediate(resolve));
  failing.reject(new Error("EIO"));
  expect(await first).toMatchObject({ kind: "unavailable" });
  expect(await copy).toMatchObject({ kind: "unavailable" });
  // The manager copies the WAL back before the file is used again.
  await world.writer.drain();
  world.clock.advance(60_000);
  while ((await thrownBy(() => Promise.resolve(world.files.open(webhookId))).catch(() => null)) !== null) {
    await new Promise((resolve) => setImmediate(resolve));
    world.clock.advance(60_000);
  }
});

test("the key is deleted with its event, and the next duplicate is an event again", async () => {
  const first = await send();
  await send();
  const id = first.eventId;
  deleteUntil(id);
  expect(await world.events.findEvent(webhookId, id)).toBeNull();
  expect((await world.events.findDuplicates(webhookId, id)).count).toBe(0);
  expect(await send()).toMatchObject({ isDuplicate: false });
});
