/** The deliveries that one step of a replay makes due, and those that it leaves for later. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { newId, newIdAt } from "../../../src/lib/ids.ts";
import { listLedgerFaults } from "../../../src/storage/event-db/numbers/ledger.ts";
import { ReplayMemory } from "../../../src/storage/event-db/replays/replay-memory.ts";
import type { ReplayTarget } from "../../../src/storage/event-db/replays/replay-room.ts";
import type { ReplayOrder } from "../../../src/storage/event-db/replays/replay-run.ts";
import { createReplayStore, type ReplayStore } from "../../../src/storage/stores/replay-store.ts";
import { createStorageWorld, pendingFor, query, type StorageWorld, settlement } from "../storage-world.ts";

const START = 1_790_000_000_000;
const own = newId();
let world: StorageWorld;
let store: ReplayStore;

beforeEach(() => {
  world = createStorageWorld();
  store = createReplayStore(world);
});
afterEach(async () => {
  expect(listLedgerFaults(world.files.open(own).db)).toEqual([]);
  await world.dispose();
});

/** Begins a replay of all events; returns the function that takes its next step. */
async function begin(order: Partial<ReplayOrder> = {}) {
  const id = newId();
  const all = { kind: "filter", filter: {} } as const;
  const whole = { selection: all, targetId: null, onlyMissing: false, ...order };
  await store.insert(own, { ...whole, id, askedBy: "ada", now: 1 });
  const matched = { events: 0, deliveries: 0, isExact: false, notSearched: 0 };
  const counted = { kind: "start", matched, targets: [], cursor: "", skipped: 0 } as const;
  await store.change({ webhookId: own, id }, counted, 1);
  const memory = new ReplayMemory();
  return (targets: readonly ReplayTarget[] = [target("a"), target("b")]) =>
    store.step({ webhookId: own, id }, { targets, memory, now: START + 1_000 });
}

function target(targetId: string, orderBy: string | null = null): ReplayTarget {
  return { targetId, active: true, paused: false, orderBy };
}

test("events that the retention deletes between two steps are skipped", async () => {
  const ids: string[] = [];
  for (let n = 0; n < 300; n++) {
    const { id } = await world.append({ webhookId: own, id: newIdAt(START + n), targets: [pendingFor("a")] });
    await world.events.settle(own, settlement({ eventId: id, targetId: "a" }));
    ids.push(id);
  }
  const step = await begin();
  const now = START + 1_000;
  const claim = {
    webhookId: own,
    targetId: "a",
    now,
    beyond: now,
    limit: 100,
    inFlight: new Map(),
    front: null,
  };
  expect((await step()).replayed).toBe(32);
  const before = START + 1_000;
  const of = { finishedBefore: before, undeliveredBefore: 0, restingSince: before - 1, reason: "" };
  const rule = { ...of, enoughBytes: null, now: before };
  await world.writer.run(own, { name: "pruneEvents", after: "", rows: 250, rule });
  const left = world.storedIds(own);
  expect(left.length).toBeLessThan(300);
  for (const eventId of ids.slice(0, 32)) {
    const [delivery] = await world.events.listDeliveries(own, eventId);
    await world.events.settle(own, settlement({ eventId, targetId: "a", replays: 1 }, { attempt: 2 }));
    expect(delivery?.status).toBe("pending");
  }
  let { run } = await step();
  while (run?.state === "running") {
    for (const { eventId, attempts, replays } of await world.events.claimDue(claim)) {
      const values = { eventId, targetId: "a", replays };
      await world.events.settle(own, settlement(values, { attempt: attempts + 1 }));
    }
    ({ run } = await step());
  }
  expect(run).toMatchObject({ state: "done", replayed: left.length });
});

test("a target whose attempts all wait gets a limited number from a replay, whatever it had before", async () => {
  const tomorrow = { receivedAt: START + 86_400_000, targets: [pendingFor("a")] };
  await Promise.all(Array.from({ length: 10_000 }, () => world.append({ webhookId: own, ...tomorrow })));
  const hasRoom = (before: readonly (readonly [string, number])[]) =>
    store.hasRoom(
      { webhookId: own, targetId: "a" },
      {
        backlogs: new Map(before),
        now: START,
        findTarget: target,
      },
    );
  expect(await hasRoom([])).toBe(true);
  expect(await hasRoom([["a", 100]])).toBe(true);
  expect(await hasRoom([["a", 0]])).toBe(false);
});

test("a target with ordered delivery is brought up to date in order", async () => {
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) {
    const body = Buffer.from(JSON.stringify({ order: n % 2 }));
    ids.push((await world.append({ webhookId: own, id: newIdAt(START + n), body })).id);
  }
  const step = await begin({ targetId: "b", onlyMissing: true });
  await step([target("b", "order")]);
  const rows = query(
    world.files.pathOf(own),
    "SELECT event_id, order_key, next_attempt_at IS NOT NULL AS due FROM deliveries ORDER BY event_id",
  );
  const expected = ids.map((id, n) => ({ event_id: id, order_key: String(n % 2), due: n < 2 ? 1 : 0 }));
  expect(rows).toEqual(expected);
});

test("a step reads a limited number of bodies for lanes, and the next continues from there", async () => {
  for (let n = 0; n < 5; n++) {
    const body = new TextEncoder().encode(`{"customer":${n},"x":"${"x".repeat(600 * 1024)}"}`);
    await world.append({ webhookId: own, id: newIdAt(START + n), body, targets: [] });
  }
  const step = await begin({ targetId: "a" });
  const targets = [target("a", "customer")];
  const replayed = [];
  for (let n = 0; n < 3; n++) replayed.push((await step(targets)).replayed);
  expect(replayed).toEqual([2, 2, 1]);
  const lanes = query<{ order_key: string }>(
    world.files.pathOf(own),
    "SELECT order_key FROM deliveries ORDER BY event_id",
  );
  expect(lanes.map(({ order_key }) => order_key)).toEqual(["0", "1", "2", "3", "4"]);
});
