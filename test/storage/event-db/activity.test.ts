import { expect, test } from "bun:test";
import { HOUR_MS } from "../../../src/lib/clock.ts";
import { createRetentionWorld } from "../retention-world.ts";

test("the activity of each span has what was received and attempted in it, counted or not yet", async () => {
  const world = createRetentionWorld();
  const { webhookId, clock } = world;
  const start = clock.now() - (clock.now() % HOUR_MS);
  // More than are counted together, and two hours later a few that are not counted yet.
  for (let n = 0; n < 70; n++) await world.receive({});
  clock.advance(2 * HOUR_MS);
  for (let n = 0; n < 3; n++) await world.receive({});
  const spans = [
    { from: start - HOUR_MS, to: start },
    { from: start, to: start + 2 * HOUR_MS },
    { from: start + 2 * HOUR_MS, to: start + 3 * HOUR_MS },
    { from: start + 3 * HOUR_MS, to: start + 4 * HOUR_MS },
  ];
  const activity = await world.events.activity(webhookId, spans);
  expect(activity.map(({ received }) => received)).toEqual([0, 70, 3, 0]);
  await world.dispose();
});
