/** Steps grow and shrink with how long the last ones held the event loop. */
import { expect, test } from "bun:test";
import { createRetentionStore } from "../../../src/storage/stores/retention-store.ts";
import { StepSize } from "../../../src/storage/stores/step-size.ts";
import type { EventWriter } from "../../../src/storage/writer/event-writer.ts";
import { createRetentionWorld, DAY_MS } from "../retention-world.ts";

const LIMITS = { least: 10, first: 50, most: 250, ms: 5 };

/** The rows of the steps, if each of them takes as long as given. */
function rowsOf(...heldMs: number[]): number[] {
  const size = new StepSize(LIMITS);
  return heldMs.map((ms) => {
    size.took(ms);
    return size.rows;
  });
}

test("quick steps double up to the limit", () => {
  expect(new StepSize(LIMITS).rows).toBe(50);
  expect(rowsOf(0, 0.1, 1, 2.4)).toEqual([100, 200, 250, 250]);
});

test("a step that took too long is followed by one that should take as long as it may", () => {
  expect(rowsOf(10, 10, 100)).toEqual([25, 12, 10]);
  expect(rowsOf(6.25, 5, 4)).toEqual([40, 40, 50]);
});

test("the retention finds for each file how much fits into its steps", async () => {
  const world = createRetentionWorld();
  const rows: number[] = [];
  let heldMs = 0.1;
  const runTimed: EventWriter["runTimed"] = async (webhookId, command) => {
    if (command.name === "pruneEvents") rows.push("rows" in command ? command.rows : 0);
    return { ...(await world.writer.runTimed(webhookId, command)), heldMs };
  };
  const store = createRetentionStore({ ...world, writer: { ...world.writer, runTimed } });
  const other = createRetentionWorld({ dataDir: world.dataDir });
  for (let n = 0; n < 400; n++) void world.receive();
  await world.receive();
  await other.receive();
  world.clock.advance(2 * DAY_MS);
  const rule = world.rule();
  let after = "";
  const step = async () => {
    after = (await store.prune(world.webhookId, after, rule)).next ?? "the end";
  };
  await step();
  await step();
  heldMs = 20;
  await step();
  await step();
  expect(rows).toEqual([50, 100, 200, 50]);
  await store.prune(other.webhookId, "", rule);
  await store.prune(world.webhookId, after, rule);
  expect(rows.slice(4)).toEqual([50, 50]);
  await other.dispose();
  await world.dispose();
});
