/** Finding events by time, entrypoint, target, state, method and text, page by page. */
import type { SQLQueryBindings } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { newId } from "../../../src/lib/ids.ts";
import type { DeliveryState, EventFilter } from "../../../src/storage/event-db/event-filter.ts";
import { searchEvents } from "../../../src/storage/event-db/event-search.ts";
import { chooseSource } from "../../../src/storage/event-db/event-source.ts";
import { createStorageWorld, draft, pendingFor, type StorageWorld, settlement } from "../storage-world.ts";

const COUNT = 2_600;
const webhookId = newId();
let world: StorageWorld;
type Known = Readonly<{
  id: string;
  at: number;
  entrypointId: string;
  method: string;
  type: string | null;
  text: string;
  states: Record<string, DeliveryState>;
}>;
/** States of the deliveries whose event's number has this rest. */
const FATES: Readonly<Record<number, DeliveryState>> = { 0: "pending", 4: "retrying" };
/** Newest first. */
const known: Known[] = [];

const RETRY = { status: "pending", nextAttemptAt: 1_790_000_900_000 } as const;

/** An id with the test's own time: the first 48 bits of a UUIDv7 are milliseconds. */
function idAt(at: number, n: number): string {
  const hex = at.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

beforeAll(async () => {
  world = createStorageWorld();
  const start = 1_790_000_000_000;
  await Promise.all(
    Array.from({ length: COUNT }, async (_, n) => {
      const event: Known = {
        id: idAt(start + n * 10, n),
        at: start + n * 10,
        entrypointId: n % 3 === 0 ? "first" : "second",
        method: n % 5 === 0 ? "PUT" : "POST",
        type: n % 7 === 0 ? "order.paid" : n % 7 === 1 ? "order" : null,
        text: n % 700 === 0 ? "a 100%_rare NEEDLE" : "hay",
        states: {
          a: "delivered",
          ...(n % 2 === 0 && { b: n % 900 === 0 ? "failed" : (FATES[n % 8] ?? "delivered") }),
        },
      };
      known.unshift(event);
      await world.writer.append(
        draft({
          webhookId,
          id: event.id,
          receivedAt: event.at,
          entrypointId: event.entrypointId,
          method: event.method,
          type: event.type,
          body: Buffer.from(event.text),
          targets: Object.keys(event.states).map(pendingFor),
        }),
      );
      for (const [targetId, status] of Object.entries(event.states)) {
        if (status === "pending") continue;
        const end = status === "retrying" ? RETRY : { status };
        await world.writer.settle(webhookId, settlement({ eventId: event.id, targetId, ...end }));
      }
    }),
  );
  known.sort((one, other) => (one.id < other.id ? 1 : -1));
});

afterAll(() => world.dispose());

function matches(event: Known, filter: EventFilter): boolean {
  const states = Object.entries(event.states).filter(
    ([id]) => filter.targetId === undefined || id === filter.targetId,
  );
  return (
    (filter.from === undefined || event.at >= filter.from) &&
    (filter.to === undefined || event.at <= filter.to) &&
    (filter.entrypointId === undefined || event.entrypointId === filter.entrypointId) &&
    (filter.method === undefined || event.method === filter.method) &&
    (filter.type === undefined || event.type === filter.type) &&
    (filter.text === undefined || event.text.toLowerCase().includes(filter.text.toLowerCase())) &&
    (filter.targetId === undefined || states.length > 0) &&
    (filter.status === undefined ||
      states.some(
        ([, state]) => state === filter.status || (state === "retrying" && filter.status === "pending"),
      ))
  );
}

async function allPages(filter: EventFilter, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await world.events.searchEvents(webhookId, { limit, cursor, filter });
    expect(page.events.length).toBeLessThanOrEqual(limit);
    ids.push(...page.events.map((event) => event.id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return ids;
}

test("pages of any size and filter together have all matching events, newest first, each once", async () => {
  const at = fc.integer({ min: 0, max: COUNT - 1 }).map((index) => known[index]?.at ?? 0);
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const filters = fc.record({
    from: maybe(at),
    to: maybe(at),
    entrypointId: maybe(fc.constantFrom("first", "nobody's")),
    targetId: maybe(fc.constantFrom("a", "b", "c")),
    status: maybe(fc.constantFrom<DeliveryState>("pending", "retrying", "delivered", "failed", "held")),
    method: maybe(fc.constantFrom("PUT", "PATCH")),
    type: maybe(fc.constantFrom("order", "order.paid", "order%")),
    text: maybe(fc.constantFrom("needle", "100%_", "100__", "hay")),
  });
  await fc.assert(
    fc.asyncProperty(filters, fc.integer({ min: 40, max: 900 }), async (filter, limit) => {
      const expected = known.filter((event) => matches(event, filter)).map((event) => event.id);
      expect(await allPages(filter, limit)).toEqual(expected);
    }),
    { numRuns: 40 },
  );
});

test("a search whose time is up says so, how far it came, and where it continues", async () => {
  const file = world.files.open(webhookId);
  const pause = { isTimeUp: () => true, yieldToOthers: () => Promise.resolve() };
  const filter = { text: "needle" };
  const found: string[] = [];
  let cursor: string | null = null;
  let stops = 0;
  for (;;) {
    const page = await searchEvents(file, { limit: 50, cursor, filter }, pause);
    found.push(...page.events.map((event) => event.id));
    cursor = page.nextCursor;
    if (!page.stoppedEarly) break;
    stops++;
    expect(page.searchedBackTo).toBeGreaterThan(0);
  }
  expect(stops).toBe(2);
  expect(found).toEqual(known.filter((event) => matches(event, filter)).map((event) => event.id));
});

test("a search for a text reads few large bodies in one go, with any other filter", async () => {
  const large = newId();
  const body = Buffer.alloc(3 * 1024 * 1024, 97);
  for (let n = 0; n < 8; n++) await world.append({ webhookId: large, body, targets: [pendingFor("a")] });
  for (const filter of [{ text: "aaa" }, { text: "aaa", status: "pending" as const }]) {
    let stops = 0;
    const pause = { isTimeUp: () => ++stops > 99, yieldToOthers: () => Promise.resolve() };
    const page = await searchEvents(world.files.open(large), { limit: 50, cursor: null, filter }, pause);
    expect(page.events).toHaveLength(8);
    expect(stops).toBe(3);
  }
});

test("the time is checked within a body, and the first body is searched to its end", async () => {
  const large = newId();
  const body = Buffer.alloc(2 * 1024 * 1024, 97);
  for (let n = 0; n < 3; n++) await world.append({ webhookId: large, body });
  let parts = 0;
  const pause = {
    isTimeUp: () => true,
    yieldToOthers: async () => {
      parts++;
    },
  };
  const filter = { text: `${"a".repeat(199)}b` };
  const ids = [...world.storedIds(large)].reverse();
  for (let cursor: string | null = null, pageNumber = 0; pageNumber < 3; pageNumber++) {
    const page = await searchEvents(world.files.open(large), { limit: 5, cursor, filter }, pause);
    expect(page.nextCursor).toBe(pageNumber < 2 ? (ids[pageNumber] ?? "") : null);
    cursor = page.nextCursor;
  }
  expect(parts).toBeGreaterThan(3 * 5);
});

test("bodies that cannot be searched are counted, and no other event is skipped", async () => {
  const mixed = newId();
  const headers = [["content-encoding", "zstd"]] as const;
  await world.append({ webhookId: mixed, headers, body: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) });
  const { id } = await world.append({ webhookId: mixed, body: Buffer.from('{"a":"Caf\\u00e9"}') });
  await world.append({ webhookId: mixed, body: Buffer.from("Cafe") });
  const search = { limit: 5, cursor: null, filter: { text: "CAFé" } };
  expect(await world.events.searchEvents(mixed, search)).toMatchObject({ events: [{ id }], notSearched: 1 });
});

test("a cursor that no list returned is refused", () => {
  const search = { limit: 5, cursor: "' OR 1=1", filter: {} };
  expect(world.events.searchEvents(webhookId, search)).rejects.toThrow("cursor");
});

test("few deliveries that are retrying are found by an index, however many are pending", () => {
  const { db } = world.files.open(webhookId);
  const plan = () => {
    const source = chooseSource({ db }, { status: "retrying", targetId: "b" });
    if (source === null || source.condition === null) return "all";
    const bounds = [source.toBound("f"), source.toBound("")];
    const step = db.query<{ detail: string }, SQLQueryBindings[]>(
      `EXPLAIN QUERY PLAN SELECT e.id FROM events e WHERE ${source.condition} ORDER BY e.id DESC`,
    );
    const end = db.query<{ detail: string }, SQLQueryBindings[]>(`EXPLAIN QUERY PLAN ${source.stepEnd}`);
    return [...step.all(...bounds, ...source.values), ...end.all(...bounds, ...source.endValues)].map(
      ({ detail }) => detail,
    );
  };
  const before = plan();
  expect(before).toEqual([
    "SEARCH e USING COVERING INDEX sqlite_autoindex_events_1 (id=?)",
    "LIST SUBQUERY 1",
    "SEARCH deliveries USING COVERING INDEX deliveries_retrying (event_id>? AND event_id<?)",
    "SEARCH deliveries USING COVERING INDEX deliveries_retrying (event_id>? AND event_id<?)",
  ]);
  db.run("SAVEPOINT many; UPDATE target_tallies SET pending = 10000000");
  expect(plan()).toEqual(before);
  db.run("ROLLBACK TO many; RELEASE many");
});
