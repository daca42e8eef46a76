/** Events that filters kept from targets: their marks, the ledger, and what finds them. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { newId } from "../../../src/lib/ids.ts";
import type { FilterMark } from "../../../src/storage/event-db/types.ts";
import { createRetentionWorld, DAY_MS, type RetentionWorld } from "../retention-world.ts";
import { query } from "../storage-world.ts";

let world: RetentionWorld;
let webhookId: string;

beforeEach(() => {
  world = createRetentionWorld();
  webhookId = world.webhookId;
});

afterEach(() => world.dispose());

const mark = (targetId: string, fingerprint = "f1"): FilterMark => ({ targetId, fingerprint });

type Tally = { target_id: string; created: number; filtered: number; filtered_deleted: number };

function tallies(): readonly Tally[] {
  const columns = "target_id, created, filtered, filtered_deleted";
  return query<Tally>(
    world.files.pathOf(webhookId),
    `SELECT ${columns} FROM target_tallies ORDER BY target_id`,
  );
}

/** Changes the file behind the gateway's back. */
function damage(sql: string): void {
  const db = new Database(world.files.pathOf(webhookId));
  db.run(sql);
  db.close();
}

async function search(targetId?: string) {
  const filter = { status: "filtered" as const, targetId };
  const found = await world.events.searchEvents(webhookId, { limit: 50, cursor: null, filter });
  return found.events.map(({ id }) => id);
}

test("marks are stored with the event, and read back with the filters of their time", async () => {
  const eventId = await world.receive({}, { filtered: [mark("a"), mark("b", "f2")], unjudged: [mark("c")] });
  const later = await world.receive({}, { filtered: [mark("a", "f3")] });
  expect(await world.events.findFilterMarks(webhookId, eventId)).toEqual({
    filtered: [mark("a"), mark("b", "f2")],
    unjudged: [mark("c")],
  });
  expect(await world.events.findFilterMarks(webhookId, later)).toEqual({
    filtered: [mark("a", "f3")],
    unjudged: [],
  });
  expect(await world.events.findFilterMarks(webhookId, newId())).toEqual({ filtered: [], unjudged: [] });
});

test("of 20 targets of which 19 do not want an event one delivery is written, and one row beside it", async () => {
  const marks = Array.from({ length: 19 }, (_, index) => mark(`t${index}`));
  // The first event has their filters noted.
  await world.receive({ wanting: "pending" }, { filtered: marks });
  const before = rowsInAll();
  await world.receive({ wanting: "pending" }, { filtered: marks });
  expect(rowsInAll() - before).toBe(2);
  expect(world.rows("deliveries")).toBe(2);
  expect(tallies().map(({ filtered }) => filtered)).toEqual([...marks.map(() => 2), 0]);
  expect(world.ledgerFaults()).toEqual([]);
});

function rowsInAll(): number {
  const path = world.files.pathOf(webhookId);
  return query<{ name: string }>(path, "SELECT name FROM sqlite_schema WHERE type = 'table'")
    .map(({ name }) => query<{ n: number }>(path, `SELECT count(*) AS n FROM ${name}`)[0]?.n ?? 0)
    .reduce((sum, n) => sum + n, 0);
}

describe("the ledger", () => {
  test("balances after any sequence of events, changed filters and deletions", async () => {
    const step = fc.oneof(
      fc.record({
        fates: fc.array(fc.constantFrom("get", "filtered", "unjudged", "inactive"), {
          minLength: 3,
          maxLength: 3,
        }),
        fingerprint: fc.constantFrom("f1", "f2", "f3"),
      }),
      fc.constant("prune" as const),
    );
    await world.receive();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const before = new Map(tallies().map((row) => [row.target_id, row.created + row.filtered]));
        const received = new Map<string, number>();
        for (const each of steps) {
          if (each === "prune") {
            world.clock.advance(DAY_MS * 1.5);
            await world.pruneAll(world.rule());
            continue;
          }
          const at = (fate: string) =>
            each.fates.flatMap((one, index) => (one === fate ? [mark(`t${index}`, each.fingerprint)] : []));
          const got = [...at("get"), ...at("unjudged")].map(({ targetId }) => [targetId, "delivered"]);
          await world.receive(Object.fromEntries(got), {
            filtered: at("filtered"),
            unjudged: at("unjudged"),
          });
          each.fates.forEach((fate, index) => {
            const id = `t${index}`;
            if (fate !== "inactive") received.set(id, (received.get(id) ?? 0) + 1);
          });
        }
        for (const [id, count] of received) {
          const row = tallies().find(({ target_id }) => target_id === id);
          expect((row?.created ?? 0) + (row?.filtered ?? 0) - (before.get(id) ?? 0)).toBe(count);
        }
        expect(world.ledgerFaults()).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });

  test("tells of events that it does not count, and of those that it counts too often", async () => {
    await world.receive({}, { filtered: [mark("a")] });
    damage("UPDATE target_tallies SET filtered = 3");
    expect(world.ledgerFaults()).toEqual(["target a: 1 events are filtered, the ledger says 3"]);
    damage("UPDATE target_tallies SET filtered = 0");
    expect(world.ledgerFaults()).toEqual(["target a: 1 events are filtered, the ledger says 0"]);
    damage("DELETE FROM target_tallies");
    expect(world.ledgerFaults()).toEqual([
      "target a: it has deliveries or filtered events that are not in the ledger",
    ]);
  });

  test("has nothing of a transaction that was rolled back, whose filters are noted anew", async () => {
    await world.receive({});
    const marks = [mark("a")];
    const failed = () =>
      world.inFile(webhookId, (file) => {
        file.filterNumbers.listOf(marks);
        file.tally.filtered("a");
        throw new Error("no");
      });
    expect(failed).toThrow("no");
    const eventId = await world.receive({}, { filtered: marks });
    expect((await world.events.findFilterMarks(webhookId, eventId)).filtered).toEqual(marks);
    expect(tallies()).toMatchObject([{ target_id: "a", filtered: 1 }]);
    expect(world.ledgerFaults()).toEqual([]);
  });
});

describe("a search", () => {
  test("finds filtered events, of any target or of one", async () => {
    const ofBoth = await world.receive({}, { filtered: [mark("a"), mark("b", "f2")] });
    const ofA = await world.receive({ b: "delivered" }, { filtered: [mark("a", "f9")] });
    await world.receive({ a: "delivered" }, { unjudged: [mark("a")] });
    expect((await search()).toSorted()).toEqual([ofBoth, ofA].toSorted());
    expect((await search("a")).toSorted()).toEqual([ofBoth, ofA].toSorted());
    expect(await search("b")).toEqual([ofBoth]);
    expect(await search("c")).toEqual([]);
  });

  test("says with each event how many targets did not want it", async () => {
    await world.receive({}, { filtered: [mark("a"), mark("b")] });
    await world.receive({});
    const found = await world.events.searchEvents(webhookId, { limit: 50, cursor: null, filter: {} });
    expect(found.events.map(({ filtered }) => filtered).toSorted()).toEqual([0, 2]);
  });
});
