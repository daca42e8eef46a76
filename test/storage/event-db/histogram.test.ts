import { afterAll, beforeAll, expect, test } from "bun:test";
import { newId, newIdAt } from "../../../src/lib/ids.ts";
import type { EventFilter } from "../../../src/storage/event-db/event-filter.ts";
import { countSpans } from "../../../src/storage/event-db/search/histogram.ts";
import { createStorageWorld, draft, pendingFor, type StorageWorld } from "../storage-world.ts";

const COUNT = 2_500;
const START = 1_790_000_000_000;
/** Three spans of a second each, and one without events. */
const STARTS = [START, START + 1_000, START + 2_000, START + 3_000];
const webhookId = newId();
let world: StorageWorld;

const NEVER_UP = { isTimeUp: () => false, yieldToOthers: async () => {} };

beforeAll(async () => {
  world = createStorageWorld();
  await Promise.all(
    Array.from({ length: COUNT }, (_, n) =>
      world.writer.append(
        draft({
          webhookId,
          id: newIdAt(START + n),
          receivedAt: START + n,
          entrypointId: n % 2 === 0 ? "even" : "odd",
          body: Buffer.from(n % 100 === 0 ? "needle" : "hay"),
          targets: n % 500 === 0 ? [pendingFor("a")] : [],
        }),
      ),
    ),
  );
});

afterAll(() => world.dispose());

async function count(filter: EventFilter, pause = NEVER_UP) {
  return countSpans(world.files.open(webhookId), { filter, starts: STARTS }, pause);
}

test.each<[string, EventFilter, number[]]>([
  ["without a filter", {}, [1_000, 1_000, 500, 0]],
  ["of an entrypoint", { entrypointId: "odd" }, [500, 500, 250, 0]],
  ["of a state, which an index names", { status: "pending" }, [2, 2, 1, 0]],
  ["of a state that no delivery has", { status: "failed" }, [0, 0, 0, 0]],
  ["of a text", { text: "NEEDLE" }, [10, 10, 5, 0]],
  ["from a time on", { from: START + 1_500 }, [0, 500, 500, 0]],
  ["before a time", { to: START + 1_499 }, [1_000, 500, 0, 0]],
])("events are counted by the span in which they came, %s", async (_, filter, counts) => {
  expect(await count(filter)).toEqual({ counts, countedBackTo: null });
});

test("a count that is too slow has the newest events, and says how far it came", async () => {
  const { counts, countedBackTo } = await count({}, { ...NEVER_UP, isTimeUp: () => true });
  expect(counts).toEqual([0, 500, 500, 0]);
  expect(countedBackTo).toBe(START + 1_500);
});

test("a store counts off the event loop", async () => {
  const asked = { filter: { text: "needle" }, starts: STARTS, asker: "ada" };
  expect((await world.events.histogram(webhookId, asked)).counts).toEqual([10, 10, 5, 0]);
});
