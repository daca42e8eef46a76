import { expect, test } from "bun:test";
import { createRetentionWorld, DAY_MS } from "../retention-world.ts";

test("growth has the stored data, its age, a week's growth, and the deleted events", async () => {
  const world = createRetentionWorld();
  const { webhookId, clock } = world;
  const body = Buffer.alloc(10_000);
  expect(await world.events.growth(webhookId)).toMatchObject({
    events: 0,
    deletedEvents: 0,
    oldestEventAt: null,
    bodyBytes: 0,
    recent: { ms: 3_600_000, events: 0, bodyBytes: 0 },
  });
  await world.receive({}, { body });
  clock.advance(9 * DAY_MS);
  await world.pruneAll(world.rule());
  const oldestEventAt = clock.now();
  for (let n = 0; n < 3; n++) await world.receive({}, { body });
  clock.advance(2 * DAY_MS);
  await world.receive({}, { body });
  const growth = await world.events.growth(webhookId);
  expect(growth).toMatchObject({
    events: 4,
    deletedEvents: 1,
    oldestEventAt,
    bodyBytes: 40_000,
    recent: { ms: 2 * DAY_MS, events: 4, bodyBytes: 40_000 },
  });
  expect(growth.usedBytes).toBeGreaterThan(40_000);
  expect(growth.fileBytes).toBeGreaterThan(growth.usedBytes);
  await world.dispose();
});
