/** Events found by fields: index and unindexed events together are what reading every event finds, at any moment. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import { newId } from "../../../../src/lib/ids.ts";
import { listLedgerFaults } from "../../../../src/storage/event-db/numbers/ledger.ts";
import { ReplaySelector } from "../../../../src/storage/event-db/replays/replay-selection.ts";
import type { EventDraft } from "../../../../src/storage/event-db/types.ts";
import { createFieldStore, type FieldStore } from "../../../../src/storage/stores/field-store.ts";
import { createRetentionStore, type RetentionStore } from "../../../../src/storage/stores/retention-store.ts";
import { stepsOf } from "../../retention-world.ts";
import { createStorageWorld, draft, query, type StorageWorld } from "../../storage-world.ts";

const ORDER = { name: "order", place: "$.order.id" };
const SHOP = { name: "shop", place: "X-Shop" };
const START = 1_790_000_000_000;

let world: StorageWorld;
let fields: FieldStore;
let retention: RetentionStore;
let webhookId: string;

beforeEach(() => {
  world = createStorageWorld();
  fields = createFieldStore(world);
  retention = createRetentionStore(world);
  webhookId = newId();
});

afterEach(() => world.dispose());

/** Some ids have equal first 64 bits. */
function idAt(at: number, n: number): string {
  const hex = at.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

function append(id: string, of: { order?: unknown; shop?: string | null } = {}): Promise<EventDraft> {
  const { order, shop = null } = of;
  return world.append(
    draft({
      webhookId,
      id,
      headers: [["content-type", "application/json"], ...(shop === null ? [] : [["x-shop", shop] as const])],
      contentType: "application/json",
      body: Buffer.from(JSON.stringify({ order: { id: order } })),
    }),
  );
}

async function find(wanted: readonly (readonly [typeof ORDER, string])[], limit = 200): Promise<string[]> {
  const filter = { fields: wanted.map(([field, value]) => ({ ...field, value })) };
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await world.events.searchEvents(webhookId, { limit, cursor, filter });
    ids.push(...page.events.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return ids;
}

/** As a replay finds them, the oldest first. */
function walk(field: typeof ORDER, value: string, size: number): readonly string[] {
  const selection = { kind: "filter", filter: { fields: [{ ...field, value }] } } as const;
  const order = { selection, targetId: null, onlyMissing: false };
  const selector = new ReplaySelector(world.files.open(webhookId), order, newId());
  const ids: string[] = [];
  for (let after = selector.begin; ; ) {
    const window = selector.findWindow(after, size);
    const scan = window && selector.scan(window);
    if (window === null || scan === null) return ids;
    for (const _part of scan.run());
    ids.push(...scan.ids);
    after = scan.isWhole ? window.upTo : scan.reached;
  }
}

async function indexAll(places: readonly string[]): Promise<void> {
  while (!(await fields.step(webhookId, places)).isDone);
}

function count(table: string): number {
  return (
    query<{ n: number }>(world.files.pathOf(webhookId), `SELECT count(*) AS n FROM ${table}`)[0]?.n ?? -1
  );
}

function faults(): readonly string[] {
  const db = new Database(world.files.pathOf(webhookId), { readonly: true });
  try {
    return listLedgerFaults(db);
  } finally {
    db.close();
  }
}

async function pruneBefore(at: number): Promise<void> {
  const rule = {
    finishedBefore: at,
    undeliveredBefore: at,
    restingSince: null,
    reason: "Too old.",
    enoughBytes: null,
    now: at,
  };
  for (let after: string | null = ""; after !== null; ) {
    after = (await retention.prune(webhookId, after, rule)).next;
  }
}

test("whatever is received, indexed and deleted in between, a search finds what reading every event finds", async () => {
  const order = fc.constantFrom(1, "1", "two", true, null, {}, undefined);
  const shop = fc.constantFrom("north", "south", null);
  const moment = fc.integer({ min: 0, max: 8 });
  const append1 = fc.record({ do: fc.constant("append" as const), at: moment, order, shop });
  const step = fc.record({
    do: fc.constant("step" as const),
    times: fc.constantFrom(1, 3, 40),
    places: fc.constantFrom([], [ORDER.place], [SHOP.place, ORDER.place]),
  });
  const prune = fc.record({ do: fc.constant("prune" as const), at: moment });
  // Each step writes a single entry.
  const slowly = createFieldStore({ ...world, limits: stepsOf(1) });
  const acts = fc.array(fc.oneof({ weight: 4, arbitrary: append1 }, { weight: 3, arbitrary: step }, prune), {
    minLength: 10,
    maxLength: 30,
  });
  const shown = (value: unknown) => (typeof value === "object" || value === undefined ? null : String(value));
  await fc.assert(
    fc.asyncProperty(acts, async (all) => {
      webhookId = newId();
      const known = new Map<string, { order: string | null; shop: string | null }>();
      let number = 0;
      for (const act of all) {
        if (act.do === "step") {
          for (let n = 0; n < act.times; n++) await slowly.step(webhookId, act.places);
        } else if (act.do === "append") {
          const id = idAt(START + act.at, number++);
          await append(id, act);
          known.set(id, { order: shown(act.order), shop: act.shop });
        } else {
          await pruneBefore(START + act.at);
          for (const id of known.keys()) if (id < idAt(START + act.at, 0)) known.delete(id);
        }
        const having = (wanted: Partial<{ order: string; shop: string }>) =>
          [...known]
            .filter(([, has]) => (wanted.order ?? has.order) === has.order)
            .filter(([, has]) => (wanted.shop ?? has.shop) === has.shop)
            .map(([id]) => id)
            .sort()
            .reverse();
        expect(await find([[ORDER, "1"]], 3)).toEqual(having({ order: "1" }));
        expect(await find([[SHOP, "north"]])).toEqual(having({ shop: "north" }));
        for (const size of [1, 3])
          expect(walk(SHOP, "north", size)).toEqual(having({ shop: "north" }).reverse());
        const both = await find([
          [ORDER, "two"],
          [SHOP, "south"],
        ]);
        expect(both).toEqual(having({ order: "two", shop: "south" }));
        expect(faults()).toEqual([]);
      }
    }),
    { numRuns: 25 },
  );
});

test("an event's entries are deleted with it, and other fields replace all entries", async () => {
  for (let n = 0; n < 20; n++) await append(idAt(START + n, n), { order: n, shop: "north" });
  await indexAll([ORDER.place, SHOP.place]);
  expect(count("event_fields")).toBe(40);
  await pruneBefore(START + 15);
  expect(count("event_fields")).toBe(10);
  await indexAll([ORDER.place]);
  expect(count("event_fields")).toBe(5);
  await indexAll([]);
  expect(count("event_fields")).toBe(0);
});

test("an indexed event is found without reading the others", async () => {
  for (let n = 0; n < 3_000; n++) void append(idAt(START + n, n), { order: n % 1_500 });
  await world.writer.drain();
  await indexAll([ORDER.place]);
  const path = world.files.pathOf(webhookId);
  // A search that reads other events stumbles over them.
  const db = new Database(path);
  db.run("UPDATE events SET headers = 'unreadable' WHERE id NOT IN (?, ?)", [
    idAt(START + 700, 700),
    idAt(START + 2_200, 2_200),
  ]);
  db.close();
  expect(await find([[ORDER, "700"]], 1)).toEqual([idAt(START + 2_200, 2_200), idAt(START + 700, 700)]);
  for (const size of [1, 500])
    expect(walk(ORDER, "700", size)).toEqual([idAt(START + 700, 700), idAt(START + 2_200, 2_200)]);
});

test("a value that most events have is found page by page", async () => {
  const ids = Array.from({ length: 2_500 }, (_, n) => idAt(START + n, n));
  for (const id of ids) void append(id, { shop: "north" });
  await world.writer.drain();
  await indexAll([SHOP.place]);
  expect(walk(SHOP, "north", 900)).toEqual(ids);
  expect(await find([[SHOP, "north"]], 900)).toEqual(ids.reverse());
});

test("a check tells of values that are missing and of entries that belong to no event", async () => {
  await append(idAt(START, 1), { order: "a" });
  await indexAll([ORDER.place]);
  const db = new Database(world.files.pathOf(webhookId));
  db.run("UPDATE event_fields SET event = 77");
  db.close();
  expect(faults()).toEqual([
    "values of fields that are missing in their index: 1",
    "entries of the index of fields that belong to no event: 1",
  ]);
});
