import { afterEach, describe, expect, test } from "bun:test";
import { createMetrics, type Metrics } from "../../src/observability/metrics.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createStorageWorld, draft, pendingFor, type StorageWorld, settlement } from "./storage-world.ts";

let worlds: StorageWorld[] = [];
afterEach(async () => {
  // The first world made the folder that the others share.
  for (const world of worlds.reverse()) await world.dispose();
  worlds = [];
});

function start(dataDir?: string): { world: StorageWorld; metrics: Metrics } {
  const metrics = createMetrics({ clock: createFakeClock() });
  const world = createStorageWorld({ metrics, ...(dataDir !== undefined && { dataDir }) });
  worlds.push(world);
  return { world, metrics };
}

const total = ({ counts }: Metrics) => counts.pending.total;
const observed = (counts: Float64Array) => counts.reduce((sum, count) => sum + count);

describe("the pending deliveries of all files", () => {
  test("are known from every commit: stored, settled, discarded", async () => {
    const { world, metrics } = start();
    const targets = [pendingFor("a"), pendingFor("b"), { id: "c", settlesAtIngest: true }];
    const { id: eventId } = await world.append({ webhookId: "w1", targets });
    await world.append({ webhookId: "w2", targets });
    expect(total(metrics)).toBe(4);
    await world.writer.settle("w1", settlement({ eventId, targetId: "a" }));
    expect(total(metrics)).toBe(3);
    await world.writer.settle(
      "w1",
      settlement({ eventId, targetId: "b", status: "pending", nextAttemptAt: 9 }),
    );
    expect(total(metrics)).toBe(3);
    await world.events.discardPending({ webhookId: "w2", targetId: "b", reason: "gone", now: 5 });
    expect(total(metrics)).toBe(2);
    await world.events.replay({ webhookId: "w1", eventId, targetIds: ["a"], now: 6 });
    expect(total(metrics)).toBe(3);
  });

  test("leave out rolled back changes", async () => {
    const { world, metrics } = start();
    const first = draft({ webhookId: "w", targets: [pendingFor("a")] });
    const repeated = { ...first };
    const last = draft({ webhookId: "w", targets: [pendingFor("a")] });
    const results = await Promise.allSettled(
      [first, repeated, last].map((each) => world.writer.append(each)),
    );
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(total(metrics)).toBe(2);
  });

  test("leave out changes that could not be committed", () => {
    const { world } = start();
    const { tally } = world.files.open("w");
    tally.moved("a", null, "pending");
    tally.write();
    tally.clear();
    tally.moved("a", null, "pending");
    tally.write();
    expect(tally.pending).toBe(0);
    tally.committed();
    expect(tally.pending).toBe(1);
  });

  test("still count a file that was closed, and no longer a deleted webhook", async () => {
    const { world, metrics } = start();
    await world.append({ webhookId: "w1", targets: [pendingFor("a")] });
    await world.append({ webhookId: "w2", targets: [pendingFor("a"), pendingFor("b")] });
    world.clock.advance(3_600_000);
    world.files.closeIdle();
    expect(world.files.openCount).toBe(0);
    expect(total(metrics)).toBe(3);
    await world.files.delete("w2");
    expect(total(metrics)).toBe(1);
  });

  test("are read from a file that an earlier run left, once it is opened", async () => {
    const { world } = start();
    await world.append({ webhookId: "w", targets: [pendingFor("a"), pendingFor("b")] });
    await world.files.closeAll();
    const { world: next, metrics } = start(world.dataDir);
    await next.events.listPendingTargets("w");
    expect(total(metrics)).toBe(2);
  });
});

test("commits are timed for each group, and syncs for those that wait for the disk", async () => {
  const { world, metrics } = start();
  const targets = [pendingFor("a")];
  const events = [draft({ webhookId: "w", targets }), draft({ webhookId: "w", targets })];
  await Promise.all(events.map((event) => world.writer.append(event)));
  expect(observed(metrics.counts.commit.counts)).toBe(1);
  expect(observed(metrics.counts.sync.counts)).toBe(1);
  await world.writer.settle("w", settlement({ eventId: events[0]?.id ?? "", targetId: "a" }));
  expect(observed(metrics.counts.commit.counts)).toBe(2);
  expect(observed(metrics.counts.sync.counts)).toBe(1);
});
