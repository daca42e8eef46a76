/** Pages of events, newest first, whatever their size. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { newId } from "../../../src/lib/ids.ts";
import { appErrorOf } from "../../support/thrown.ts";
import { createStorageWorld, pendingFor, type StorageWorld } from "../storage-world.ts";

const COUNT = 60;

let world: StorageWorld;
let webhookId: string;
let newestFirst: string[];

beforeAll(async () => {
  world = createStorageWorld();
  webhookId = newId();
  const events = await Promise.all(
    Array.from({ length: COUNT }, (_, n) =>
      world.append({
        webhookId,
        targets: Array.from({ length: n % 3 }, (_, target) => pendingFor(`t${target}`)),
      }),
    ),
  );
  newestFirst = events
    .map(({ id }) => id)
    .sort()
    .reverse();
});

afterAll(() => world.dispose());

describe("pages of events", () => {
  test("make up the whole list, newest first, whatever the limits", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: COUNT + 5 }), { minLength: 1 }), async (limits) => {
        const seen: string[] = [];
        let cursor: string | null = null;
        for (let page = 0; page === 0 || cursor !== null; page++) {
          const limit = limits[page % limits.length] ?? 1;
          const { events, nextCursor } = await world.events.searchEvents(webhookId, {
            limit,
            cursor,
            filter: {},
          });
          // Also ends an endless list: nothing here waits for the event loop, so a time limit would not.
          expect(seen.length).toBeLessThan(newestFirst.length);
          expect(events.length).toBeLessThanOrEqual(limit);
          expect(events.length).toBeGreaterThan(0);
          seen.push(...events.map(({ id }) => id));
          cursor = nextCursor;
        }
        expect(seen).toEqual(newestFirst);
      }),
      { numRuns: 30 },
    );
  });

  test("have the state of each event's deliveries, and neither headers nor body", async () => {
    const { events } = await world.events.searchEvents(webhookId, { limit: COUNT, cursor: null, filter: {} });
    expect(events.reduce((sum, { deliveries }) => sum + deliveries.pending, 0)).toBe(COUNT);
    for (const event of events) {
      expect(event).not.toHaveProperty("body");
      expect(event).not.toHaveProperty("headers");
      expect(event.bodySize).toBe(5);
    }
  });

  test("continue where they were while newer events arrive", async () => {
    const first = await world.events.searchEvents(webhookId, { limit: 10, cursor: null, filter: {} });
    const { id } = await world.append({ webhookId });
    const second = await world.events.searchEvents(webhookId, {
      limit: 10,
      cursor: first.nextCursor,
      filter: {},
    });
    expect(second.events.map((event) => event.id)).toEqual(newestFirst.slice(10, 20));
    newestFirst.unshift(id);
  });

  test("are empty for a webhook without events", async () => {
    expect(await world.events.searchEvents(newId(), { limit: 10, cursor: null, filter: {} })).toEqual({
      events: [],
      nextCursor: null,
      stoppedEarly: false,
      searchedBackTo: null,
      notSearched: 0,
    });
  });

  test("refuse a cursor that no list returned", async () => {
    for (const cursor of ["", "1", "' OR 1=1 --"]) {
      const error = await appErrorOf(() =>
        world.events.searchEvents(webhookId, { limit: 10, cursor, filter: {} }),
      );
      expect(error).toMatchObject({ kind: "invalid", code: "invalid_cursor" });
    }
  });
});

test("an event that is not there is not found, and has no deliveries", async () => {
  expect(await world.events.findEvent(webhookId, newId())).toBeNull();
  expect(await world.events.listDeliveries(webhookId, newId())).toEqual([]);
});
