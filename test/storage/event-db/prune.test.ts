/** Old events are deleted with all their rows, in bounded steps; undelivered events stay; the ledger stays right. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import fc from "fast-check";
import type { DeliveryStatus } from "../../../src/storage/event-db/types.ts";
import { appErrorOf } from "../../support/thrown.ts";
import { createRetentionWorld, DAY_MS, type RetentionWorld, ROWS_PER_STEP } from "../retention-world.ts";
import { query, settlement } from "../storage-world.ts";

let world: RetentionWorld;

beforeEach(() => {
  world = createRetentionWorld();
});

afterEach(() => world.dispose());

const age = (days: number) => world.clock.advance(days * DAY_MS);

async function deliveryOf(eventId: string, targetId = "a") {
  const found = await world.events.listDeliveries(world.webhookId, eventId);
  return found.find((delivery) => delivery.targetId === targetId);
}

function freePages(): number {
  const path = world.files.pathOf(world.webhookId);
  return query<{ n: number }>(path, "SELECT freelist_count AS n FROM pragma_freelist_count")[0]?.n ?? -1;
}

function fileBytes(): number {
  return statSync(world.files.pathOf(world.webhookId)).size;
}

describe("at their age", () => {
  test("finished events are deleted with their deliveries and results, and younger ones stay", async () => {
    await world.receive({ a: "delivered", b: "discarded" });
    await world.receive();
    age(1.5);
    const young = await world.receive({ a: "delivered" });
    await world.pruneAll(world.rule());
    expect(world.storedIds(world.webhookId)).toEqual([young]);
    expect([world.rows("deliveries"), world.rows("delivery_results")]).toEqual([1, 1]);
    expect(await world.events.countEvents(world.webhookId)).toBe(1);
    expect(world.ledgerFaults()).toEqual([]);
  });

  test.each(["pending", "held", "failed"] as const)("one with a %s delivery stays", async (status) => {
    const eventId = await world.receive({ a: "delivered", b: status });
    age(1.9);
    const [step] = await world.pruneAll(world.rule());
    expect(step).toMatchObject({ deletedEvents: 0, discardedDeliveries: 0, leftEvents: 1 });
    expect((await deliveryOf(eventId, "b"))?.status).toBe(status);
  });

  test("undelivered ones are discarded after twice the age, with the reason, and deleted a day later", async () => {
    const pending = await world.receive({ a: "pending", b: "delivered" });
    const failed = await world.receive({ a: "failed" });
    age(2.5);
    await world.pruneAll(world.rule());
    expect(await deliveryOf(pending)).toMatchObject({
      status: "discarded",
      reason: "Too old.",
      nextAttemptAt: null,
      updatedAt: world.clock.now(),
    });
    expect(await deliveryOf(failed)).toMatchObject({
      status: "discarded",
      reason: "Too old. Before that: Given up.",
    });
    expect((await deliveryOf(pending, "b"))?.status).toBe("delivered");
    expect(world.ledgerFaults()).toEqual([]);
    age(0.9);
    await world.pruneAll(world.rule());
    expect(world.rows("events")).toBe(2);
    age(0.2);
    await world.pruneAll(world.rule());
    expect(world.rows("events")).toBe(0);
    expect(world.ledgerFaults()).toEqual([]);
  });

  test("events replayed within the last day are left alone, however old they are", async () => {
    const eventId = await world.receive({ a: "failed" });
    age(5);
    const { webhookId } = world;
    await world.events.replay({ webhookId, eventId, targetIds: ["a"], now: world.clock.now() });
    age(0.5);
    await world.pruneAll(world.rule());
    expect((await deliveryOf(eventId))?.status).toBe("pending");
    const { attempts = 0 } = (await deliveryOf(eventId)) ?? {};
    const result = { attempt: attempts + 1, startedAt: world.clock.now() };
    await world.events.settle(webhookId, settlement({ eventId, targetId: "a", replays: 1 }, result));
    age(0.9);
    await world.pruneAll(world.rule());
    expect(world.rows("events")).toBe(1);
    age(0.2);
    await world.pruneAll(world.rule());
    expect(world.rows("events")).toBe(0);
  });

  test("a successful result overrides a discard made meanwhile", async () => {
    const eventId = await world.receive({ a: "pending" });
    age(3);
    await world.pruneAll(world.rule());
    await world.events.settle(world.webhookId, settlement({ eventId, targetId: "a" }));
    expect((await deliveryOf(eventId))?.status).toBe("delivered");
    expect(world.ledgerFaults()).toEqual([]);
  });
});

test("a replay of an event that is being deleted is refused, and leaves nothing pending behind", async () => {
  const eventId = await world.receive({ a: "delivered" });
  age(3);
  const { webhookId } = world;
  const pruned = world.pruneAll(world.rule());
  const replay = { webhookId, eventId, targetIds: ["a", "b"], now: world.clock.now() };
  expect((await appErrorOf(() => world.events.replay(replay))).kind).toBe("not_found");
  await pruned;
  expect(world.rows("deliveries")).toBe(0);
});

describe("one step", () => {
  test("deletes a bounded number of rows, and the steps together delete all", async () => {
    const fates = { a: "delivered", b: "delivered", c: "delivered" } as const;
    for (let n = 0; n < 120; n++) await world.receive(fates);
    age(3);
    let before = 120 * 7;
    const rowsLeft = () => world.rows("events") + world.rows("deliveries") + world.rows("delivery_results");
    for (let after: string | null = ""; after !== null; ) {
      const step = await world.store.prune(world.webhookId, after, world.rule());
      expect(before - rowsLeft()).toBeLessThanOrEqual(ROWS_PER_STEP);
      before = rowsLeft();
      after = step.next;
    }
    expect(before).toBe(0);
    expect(world.ledgerFaults()).toEqual([]);
  });

  test("deletes a part of an event with a thousand attempts", async () => {
    const eventId = await world.receive({ a: "pending" });
    const { webhookId } = world;
    await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => {
        const status = index < 999 ? "pending" : "delivered";
        const result = { attempt: index + 1, startedAt: world.clock.now() };
        const nextAttemptAt = status === "pending" ? world.clock.now() : null;
        return world.events.settle(
          webhookId,
          settlement({ eventId, targetId: "a", status, nextAttemptAt }, result),
        );
      }),
    );
    age(3);
    let results = 1_000;
    for (let after: string | null = ""; after !== null; ) {
      after = (await world.store.prune(webhookId, after, world.rule())).next;
      expect(results - world.rows("delivery_results")).toBeLessThanOrEqual(ROWS_PER_STEP);
      results = world.rows("delivery_results");
    }
    expect([world.rows("events"), world.rows("deliveries"), results]).toEqual([0, 0, 0]);
  });

  test("includes few events with large bodies", async () => {
    for (let n = 0; n < 6; n++) await world.receive({}, { body: Buffer.alloc(3_000_000) });
    age(3);
    const steps = await world.pruneAll(world.rule());
    expect(steps.map((step) => step.deletedEvents)).toEqual([2, 2, 2]);
  });

  test("that finds only events to keep looks at a bounded number of them", async () => {
    const ids = await Promise.all(
      Array.from({ length: ROWS_PER_STEP + 10 }, () => world.receive({ a: "pending" })),
    );
    age(1.5);
    const steps = await world.pruneAll(world.rule());
    expect(steps.map((step) => step.leftEvents)).toEqual([ROWS_PER_STEP, 10]);
    expect(world.rows("events")).toBe(ids.length);
  });
});

test("a restart between two steps loses neither work nor data", async () => {
  for (let n = 0; n < 200; n++) await world.receive({ a: "delivered" });
  const kept = await world.receive({ a: "pending" });
  age(1.5);
  const rule = world.rule();
  const first = await world.store.prune(world.webhookId, "", rule);
  expect(first.next).not.toBeNull();
  await world.writer.drain();
  await world.files.closeAll();
  const { dataDir, webhookId } = world;
  const again = createRetentionWorld({ dataDir, webhookId });
  expect(again.rows("events")).toBe(201 - first.deletedEvents);
  await again.pruneAll(rule);
  expect(again.storedIds(webhookId)).toEqual([kept]);
  expect(again.ledgerFaults()).toEqual([]);
  await again.dispose();
});

test("space returns to the disk in steps, and stored data stays readable", async () => {
  const { webhookId } = world;
  for (let n = 0; n < 60; n++) await world.receive({}, { body: Buffer.alloc(200_000, n) });
  age(3);
  const kept = await world.receive({}, { body: Buffer.alloc(200_000, 97) });
  await world.writer.drain();
  await world.files.closeAll();
  const before = fileBytes();
  await world.pruneAll(world.rule());
  let { isLoose } = await world.store.measure(webhookId);
  expect(isLoose).toBe(true);
  let steps = 0;
  for (; isLoose; steps++) {
    const before = freePages();
    ({ isLoose } = await world.store.vacuum(webhookId));
    expect(before - freePages()).toBeLessThanOrEqual(250);
  }
  expect(steps).toBeGreaterThan(5);
  await world.writer.drain();
  await world.files.closeAll();
  expect(before).toBeGreaterThan(12_000_000);
  expect(fileBytes()).toBeLessThan(1_800_000);
  expect((await world.events.findEvent(webhookId, kept))?.body[199_999]).toBe(97);
});

test("old hours are deleted in steps", async () => {
  await world.receive();
  const first = world.clock.now() - (world.clock.now() % 3_600_000);
  age(2);
  await world.receive();
  expect(await world.store.pruneHours(world.webhookId, first)).toBe(first);
  expect(await world.store.pruneHours(world.webhookId, first + 1)).toBe(first + 2 * DAY_MS);
  expect(await world.store.pruneHours(world.webhookId, world.clock.now() + 1)).toBeNull();
});

test("whatever happens, the ledger equals the rows, and nothing undelivered is ever deleted", async () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("receive" as const),
      fates: fc.dictionary(
        fc.constantFrom("a", "b"),
        fc.constantFrom<DeliveryStatus>("pending", "delivered", "failed", "held", "discarded"),
      ),
    }),
    fc.record({ kind: fc.constant("replay" as const), pick: fc.nat(), target: fc.constantFrom("a", "b") }),
    fc.record({ kind: fc.constant("settle" as const), pick: fc.nat(), replays: fc.nat(2) }),
    fc.record({ kind: fc.constant("discard" as const), target: fc.constantFrom("a", "b") }),
    fc.record({ kind: fc.constant("age" as const), days: fc.constantFrom(0.4, 1.1, 2.5) }),
    fc.record({ kind: fc.constant("prune" as const), bySize: fc.boolean() }),
  );
  const undelivered = () =>
    query<{ id: string }>(
      world.files.pathOf(world.webhookId),
      "SELECT DISTINCT event_id AS id FROM deliveries WHERE status IN ('pending', 'held', 'failed') ORDER BY 1",
    ).map(({ id }) => id);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const { webhookId, clock } = world;
      const made = [await world.receive({ a: "pending" })];
      for (const one of steps) {
        const eventId = made[("pick" in one ? one.pick : 0) % made.length] ?? "";
        if (one.kind === "receive") made.push(await world.receive(one.fates));
        else if (one.kind === "age") age(one.days);
        else if (one.kind === "discard") {
          const now = clock.now();
          await world.events.discardPending({ webhookId, targetId: one.target, reason: "gone", now });
        } else if (one.kind === "settle") {
          const result = { startedAt: clock.now() };
          await world.events.settle(
            webhookId,
            settlement({ eventId, targetId: "a", replays: one.replays }, result),
          );
        } else if (one.kind === "replay") {
          const now = clock.now();
          const asked = world.events.replay({ webhookId, eventId, targetIds: [one.target], now });
          await asked.catch(() => undefined);
        } else {
          const before = undelivered();
          const sizeRule = { finishedBefore: null, restingSince: null, undeliveredBefore: null };
          await world.pruneAll(world.rule(one.bySize ? sizeRule : {}));
          expect(world.storedIds(webhookId)).toEqual(expect.arrayContaining(before));
        }
        expect(world.ledgerFaults()).toEqual([]);
      }
    }),
    { numRuns: 30 },
  );
});
