/** Steps of the retention are as small as they are asked to be, and together do the same work. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createRetentionWorld, DAY_MS, type RetentionWorld } from "../retention-world.ts";

let world: RetentionWorld;

beforeEach(() => {
  // The time to give space back is up at once.
  world = createRetentionWorld({ rows: 1, vacuumMs: 0 });
});

afterEach(() => world.dispose());

test("one event is deleted, discarded or left in each step of one row, until all were seen", async () => {
  const fates = ["delivered", "pending", "delivered", "failed", "delivered"] as const;
  const ids: string[] = [];
  for (const fate of fates) {
    ids.push(await world.receive({ a: fate }));
    world.clock.advance(1);
  }
  world.clock.advance(1.5 * DAY_MS);
  const steps = await world.pruneAll(world.rule());
  expect(steps.map(({ deletedEvents, leftEvents }) => [deletedEvents, leftEvents])).toEqual([
    [1, 0],
    [0, 1],
    [1, 0],
    [0, 1],
    [1, 0],
    [0, 0],
  ]);
  expect(world.storedIds(world.webhookId)).toEqual([ids[1] ?? "", ids[3] ?? ""]);
  expect(world.ledgerFaults()).toEqual([]);
});

test("space is given back a little in each step, until no more is free than is kept", async () => {
  const { webhookId, store } = world;
  for (let n = 0; n < 20; n++) await world.receive({}, { body: Buffer.alloc(200_000, n) });
  world.clock.advance(3 * DAY_MS);
  await world.pruneAll(world.rule());
  let steps = 0;
  while ((await store.vacuum(webhookId)).isLoose) steps++;
  // 1,000 pages, of which 256 are kept.
  expect(steps).toBeGreaterThan(20);
});
