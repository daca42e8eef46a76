/** Deliveries of one lane: at most one of them is due, in the order of their events, whatever happens. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import { newId } from "../../../src/lib/ids.ts";
import { listLedgerFaults } from "../../../src/storage/event-db/numbers/ledger.ts";
import type { Delivery, DueDelivery } from "../../../src/storage/event-db/types.ts";
import { createThrottleStore, type ThrottleStore } from "../../../src/storage/stores/throttle-store.ts";
import { createStorageWorld, type StorageWorld, settlement } from "../storage-world.ts";

let world: StorageWorld;
let throttle: ThrottleStore;
let webhookId: string;

beforeEach(() => {
  world = createStorageWorld();
  throttle = createThrottleStore(world);
  webhookId = newId();
});

afterEach(() => world.dispose());

const targetId = "a";
const of = () => ({ webhookId, targetId, now: world.clock.now() });

async function append(orderKey: string | undefined, held = false): Promise<string> {
  const goal = { id: targetId, settlesAtIngest: false, held, ...(orderKey !== undefined && { orderKey }) };
  return (await world.append({ webhookId, targets: [goal] })).id;
}

async function due(): Promise<readonly DueDelivery[]> {
  const claim = {
    ...of(),
    beyond: Number.MAX_SAFE_INTEGER - 1,
    limit: 100,
    inFlight: new Map(),
    front: null,
  };
  return world.events.claimDue(claim);
}

async function dueIds(): Promise<readonly string[]> {
  return (await due()).map(({ eventId }) => eventId);
}

async function settle(
  delivery: Pick<DueDelivery, "eventId" | "attempts" | "replays">,
  status: Delivery["status"],
): Promise<void> {
  const nextAttemptAt = status === "pending" ? world.clock.now() + 5_000 : null;
  await world.events.settle(
    webhookId,
    settlement(
      { eventId: delivery.eventId, targetId, status, nextAttemptAt, replays: delivery.replays },
      { attempt: delivery.attempts + 1, error: status === "delivered" ? null : "answered 500" },
    ),
  );
}

async function settleFirst(status: Delivery["status"]): Promise<string> {
  const [first] = await due();
  if (!first) throw new Error("nothing is due");
  await settle(first, status);
  return first.eventId;
}

function faults(): readonly string[] {
  const db = new Database(world.files.pathOf(webhookId), { readonly: true });
  try {
    return listLedgerFaults(db);
  } finally {
    db.close();
  }
}

test("a delivery of a lane is due when the one before it has ended, however it ended", async () => {
  const [first, second, third] = [await append("k"), await append("k"), await append("k")];
  expect(await dueIds()).toEqual([first]);
  await settleFirst("delivered");
  expect(await dueIds()).toEqual([second]);
  await settleFirst("failed");
  expect(await dueIds()).toEqual([third]);
});

test("a delivery that waits for its retry blocks its own lane and no other", async () => {
  await append("k");
  await append("k");
  const other = await append("l");
  const unordered = await append(undefined);
  await settleFirst("pending");
  expect(await dueIds()).toEqual([other, unordered]);
  world.clock.advance(5_000);
  expect(await dueIds()).toHaveLength(3);
});

test("a replay waits for its turn in its lane", async () => {
  const first = await append("k");
  await settleFirst("delivered");
  const second = await append("k");
  const third = await append("k");
  await world.events.replay({ webhookId, eventId: first, targetIds: [targetId], now: world.clock.now() });
  expect(await dueIds()).toEqual([second]);
  await settleFirst("delivered");
  // By its event, which is older than the one that waits.
  expect(await dueIds()).toEqual([first]);
  await settleFirst("delivered");
  expect(await dueIds()).toEqual([third]);
});

test("held deliveries continue in order, and new events of a lane wait behind those still held", async () => {
  const first = await append("k");
  const second = await append("k");
  expect(await throttle.holdPending(of())).toBe(2);
  const third = await append("k", true);
  expect(await dueIds()).toEqual([]);
  const fourth = await append("k");
  expect(await dueIds()).toEqual([]);
  expect(await throttle.releaseHeld({ ...of(), limit: 1 })).toBe(1);
  for (const next of [first]) expect(await settleFirst("delivered")).toBe(next);
  expect(await dueIds()).toEqual([]);
  expect(await throttle.releaseHeld({ ...of(), limit: 10 })).toBe(2);
  for (const next of [second, third, fourth]) expect(await settleFirst("delivered")).toBe(next);
});

test("a lane continues when the delivery it waited for is discarded, and the check finds no fault", async () => {
  await append("k", true);
  const waiting = await append("k");
  expect(await throttle.discardHeld({ ...of(), reason: "not wanted" })).toBe(1);
  expect(await dueIds()).toEqual([waiting]);
  expect(faults()).toEqual([]);
});

test("the check reports a lane in which none is due and one in which two are due", async () => {
  await append("k");
  await append("k");
  const raw = (sql: string) => world.inFile(webhookId, ({ db }) => db.run(sql));
  raw("UPDATE deliveries SET next_attempt_at = NULL");
  expect(faults()).toEqual(["target a: lanes in which no delivery is due: 1"]);
  raw("UPDATE deliveries SET next_attempt_at = 1");
  expect(faults()).toEqual(["target a: lanes in which more than one delivery is due: 1"]);
});

test("whatever happens, no lane is stuck, no two of a lane are due, and the ledger is right", async () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("append" as const),
      key: fc.constantFrom("k", "l", undefined),
      held: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant("settle" as const),
      status: fc.constantFrom("delivered" as const, "failed" as const, "pending" as const),
    }),
    fc.record({ kind: fc.constant("replay" as const), pick: fc.nat() }),
    fc.record({ kind: fc.constantFrom("hold" as const, "discardHeld" as const, "discard" as const) }),
    fc.record({ kind: fc.constant("release" as const), limit: fc.integer({ min: 1, max: 4 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      webhookId = newId();
      const made: string[] = [];
      for (const one of steps) {
        world.clock.advance(1_000);
        if (one.kind === "append") made.push(await append(one.key, one.held));
        else if (one.kind === "settle") {
          const [first] = await due();
          if (first) await settle(first, one.status);
        } else if (one.kind === "replay") {
          const eventId = made[one.pick % Math.max(1, made.length)];
          if (eventId === undefined) continue;
          await world.events.replay({ webhookId, eventId, targetIds: [targetId], now: world.clock.now() });
        } else if (one.kind === "hold") await throttle.holdPending(of());
        else if (one.kind === "release") await throttle.releaseHeld({ ...of(), limit: one.limit });
        else if (one.kind === "discard") await world.events.discardPending({ ...of(), reason: "gone" });
        else await throttle.discardHeld({ ...of(), reason: "not wanted" });
        if (made.length > 0) expect(faults()).toEqual([]);
      }
      if (made.length === 0) return;
      await throttle.releaseHeld({ ...of(), limit: 100 });
      // All deliveries complete, one after the other.
      for (let round = 0; round < 200; round++) {
        world.clock.advance(5_000);
        const [first] = await due();
        if (!first) break;
        await settle(first, "delivered");
      }
      const { counts } = await world.events.overview(webhookId);
      expect([counts.pending, counts.held, faults()]).toEqual([0, 0, []]);
    }),
    { numRuns: 60 },
  );
});
