/** A replay selects the events that the event log shows for the same filter, in its count and in its steps. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { newId, newIdAt } from "../../../src/lib/ids.ts";
import type { DeliveryState, EventFilter } from "../../../src/storage/event-db/event-filter.ts";
import type { ReplayOrder, ReplaySelection } from "../../../src/storage/event-db/replays/replay-run.ts";
import { ReplaySelector } from "../../../src/storage/event-db/replays/replay-selection.ts";
import { createReplayStore, type ReplayStore } from "../../../src/storage/stores/replay-store.ts";
import { createStorageWorld, draft, pendingFor, type StorageWorld, settlement } from "../storage-world.ts";

const COUNT = 1_800;
const START = 1_790_000_000_000;
const RETRY = { status: "pending", nextAttemptAt: START + 900_000 } as const;
const webhookId = newId();
let world: StorageWorld;
let store: ReplayStore;

beforeAll(async () => {
  world = createStorageWorld();
  store = createReplayStore(world);
  await Promise.all(
    Array.from({ length: COUNT }, async (_, n) => {
      const at = START + n * 10;
      const states: Record<string, DeliveryState> = {
        a: n % 7 === 0 ? "failed" : "delivered",
        ...(n % 3 === 0 && {
          b: n % 90 === 0 ? "failed" : n % 60 === 0 ? "pending" : n % 21 === 0 ? "retrying" : "delivered",
        }),
      };
      const event = draft({
        webhookId,
        id: newIdAt(at),
        receivedAt: at,
        method: n % 5 === 0 ? "PUT" : "POST",
        entrypointId: n % 2 === 0 ? "first" : "second",
        body: Buffer.from(n % 400 === 0 ? "a 100%_rare NEEDLE" : "hay"),
        targets: Object.keys(states).map(pendingFor),
      });
      await world.writer.append(event);
      for (const [targetId, status] of Object.entries(states)) {
        if (status === "pending") continue;
        const end = status === "retrying" ? RETRY : { status };
        await world.events.settle(webhookId, settlement({ eventId: event.id, targetId, ...end }));
      }
    }),
  );
});
afterAll(() => world.dispose());

const filters: readonly EventFilter[] = [
  {},
  { status: "failed" },
  { status: "failed", targetId: "b" },
  { status: "pending" },
  { status: "retrying" },
  { status: "retrying", targetId: "b", method: "PUT" },
  { status: "delivered", targetId: "a", method: "PUT" },
  { targetId: "b", entrypointId: "first" },
  { from: START + 1_000, to: START + 2_000 },
  { from: START + 1_000, to: START + 9_000, status: "failed" },
  { text: "needle" },
  { text: "100%_rare", status: "failed" },
  { text: "there is none" },
  { status: "held" },
  { from: START + 900_000 },
  { to: START - 1 },
];

const orderOf = (filter: EventFilter, values: Partial<ReplayOrder> = {}): ReplayOrder => ({
  selection: { kind: "filter", filter },
  targetId: null,
  onlyMissing: false,
  ...values,
});

/** Newest first, by the event log's own search. */
async function searchAll(filter: EventFilter): Promise<readonly string[]> {
  const found: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const page = await world.events.searchEvents(webhookId, { limit: 200, cursor, filter });
    found.push(...page.events.map(({ id }) => id));
    if (page.nextCursor === null) return found;
    cursor = page.nextCursor;
  }
}

async function walk(order: ReplayOrder, size: number): Promise<readonly string[]> {
  const selector = new ReplaySelector(world.files.open(webhookId), order, newId());
  const found: string[] = [];
  for (let after = selector.begin; ; ) {
    const window = selector.findWindow(after, size);
    if (window === null) return found;
    const scan = selector.scan(window);
    for (const _part of scan?.run() ?? []);
    found.push(...(scan?.ids ?? selector.listEvents(window, COUNT)));
    after = scan === null || scan.isWhole ? window.upTo : scan.reached;
  }
}

test.each(filters)("steps and count find the events that the event log finds: %j", async (filter) => {
  const expected = [...(await searchAll(filter))].reverse();
  for (const size of [7, 500, 5_000]) expect(await walk(orderOf(filter), size)).toEqual(expected);
  const count = await store.count(webhookId, { order: orderOf(filter), lastEventId: null, limitMs: 60_000 });
  expect([count.events, count.isExact]).toEqual([expected.length, true]);
  const selector = new ReplaySelector(world.files.open(webhookId), orderOf(filter), newId());
  const byTarget = new Map<string, number>();
  for (const id of expected) {
    for (const targetId of selector.listTargets(id))
      byTarget.set(targetId, (byTarget.get(targetId) ?? 0) + 1);
  }
  expect(new Map(count.deliveries)).toEqual(byTarget);
});

test("only missing: events that the target never had", async () => {
  const order = orderOf({ method: "PUT" }, { targetId: "b", onlyMissing: true });
  const all = [...(await searchAll({ method: "PUT" }))].reverse();
  const had = new Set(await searchAll({ method: "PUT", targetId: "b" }));
  const expected = all.filter((id) => !had.has(id));
  expect(await walk(order, 100)).toEqual(expected);
  const count = await store.count(webhookId, { order, lastEventId: null, limitMs: 60_000 });
  expect(count).toEqual({
    events: expected.length,
    deliveries: [["b", expected.length]],
    isExact: true,
    notSearched: 0,
  });
});

test("few events among many are found by their keys, not by going through all", () => {
  const { db } = world.files.open(webhookId);
  const plan = (selection: ReplaySelection) => {
    const lines: string[] = [];
    const spied = new Proxy(db, {
      get(target, name) {
        if (name !== "query") return Reflect.get(target, name);
        return (sql: string) => {
          for (const row of target.query<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${sql}`).all()) {
            lines.push(row.detail);
          }
          return target.query(sql);
        };
      },
    });
    const selector = new ReplaySelector({ db: spied }, orderOf({}, { selection }), newId());
    const window = selector.findWindow("", 100);
    if (window) selector.listEvents(window, 10);
    return lines.join("\n");
  };
  const byKey = /SEARCH e USING (COVERING )?INDEX \S+ \(id=\?/;
  expect(plan({ kind: "events", eventIds: [newId()] })).toMatch(byKey);
  expect(plan({ kind: "filter", filter: { status: "failed" } })).toMatch(byKey);
  expect(plan({ kind: "filter", filter: { status: "retrying" } })).toMatch(byKey);
});

test("a count whose time is up is marked as a minimum", async () => {
  const big = newId();
  await Promise.all(Array.from({ length: 5_500 }, () => world.append({ webhookId: big })));
  const count = await store.count(big, { order: orderOf({}), lastEventId: null, limitMs: -1 });
  expect(count).toMatchObject({ events: 5_000, isExact: false });
});
