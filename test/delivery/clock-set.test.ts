import { afterEach, beforeEach, expect, test } from "bun:test";
import { AppError } from "../../src/lib/errors.ts";
import { createWorld, type World } from "./delivery-world.ts";
import { DELIVERED, FAILED } from "./scripted-targets.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let world: World;

beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.dispose());

test("set forward by a month, each waiting delivery is attempted once more, and none is lost", async () => {
  const policy = { circuit_failures: null };
  const target = world.addTarget({ script: () => FAILED, policy });
  const eventIds = await world.send([target], 200);
  await world.until(() => target.attempts.length === 200);
  await world.quiet();
  world.clock.jump(30 * DAY);
  await world.pass(10_000);
  await world.until(() => target.attempts.length >= 400);
  await world.quiet();
  const attempts = eventIds.map((id) => target.attempts.filter((attempt) => attempt.event.id === id).length);
  expect([Math.min(...attempts), Math.max(...attempts)]).toEqual([2, 2]);
  target.script = () => DELIVERED;
  await world.pass(DAY, HOUR);
  await world.until(() => target.attempts.length === 600);
  await world.quiet();
  for (const eventId of eventIds) expect((await world.fate(target, eventId)).status).toBe("delivered");
});

test("set back by a day, nothing waits a day longer", async () => {
  const target = world.addTarget({ script: () => ({ ...FAILED, retryAfterMs: HOUR }) });
  // All at once, because nothing is attempted after the first wish for an hour's rest.
  const eventIds = await world.send([target], 8);
  await world.until(() => target.attempts.length === 8);
  await world.quiet();
  world.clock.jump(-DAY);
  target.script = () => DELIVERED;
  await world.pass(HOUR - 60_000);
  expect(target.attempts.length).toBe(8);
  await world.pass(120_000);
  for (const eventId of eventIds) expect((await world.fate(target, eventId)).status).toBe("delivered");
});

test("set back by a day, new events are delivered at once", async () => {
  const target = world.addTarget();
  await world.send([target]);
  await world.quiet();
  world.clock.jump(-DAY);
  await world.send([target]);
  await world.until(() => target.attempts.length === 2);
  expect(world.clock.monotonic()).toBe(0);
});

test("an event stored just before the clock was set back does not wait a day", async () => {
  const target = world.addTarget();
  const [eventId = ""] = await world.send([target]);
  world.clock.jump(-DAY);
  await world.pass(30_000);
  expect((await world.fate(target, eventId)).status).toBe("delivered");
});

test("set back by more than the longest wait before a start, nothing waits longer than it would have", async () => {
  const target = world.addTarget({ script: () => FAILED });
  const [eventId = ""] = await world.send([target]);
  await world.until(async () => (await world.fate(target, eventId)).attempts === 1);
  await world.engine.stop(0);
  world.clock.jump(-400 * DAY);
  target.script = () => DELIVERED;
  await world.restart().start([target.webhookId]);
  await world.pass(2 * 60_000);
  await world.until(async () => (await world.fate(target, eventId)).status === "delivered");
});

test("set back by hours before a start, events and retries wait no longer than they would have", async () => {
  const failing = world.addTarget({ script: () => ({ ...FAILED, retryAfterMs: HOUR }) });
  await world.send([failing]);
  await world.until(() => failing.attempts.length === 1);
  await world.quiet();
  await world.engine.stop(0);
  const target = world.addTarget();
  const [eventId = ""] = await world.send([target]);
  world.clock.jump(-6 * HOUR);
  failing.script = () => DELIVERED;
  await world.restart().start([failing.webhookId, target.webhookId]);
  await world.until(async () => (await world.fate(target, eventId)).status === "delivered");
  await world.pass(HOUR + 60_000, 60_000);
  expect(failing.attempts.length).toBe(2);
});

test("set back by a century before a start, no due time is before the epoch", async () => {
  const target = world.addTarget({ script: () => ({ ...FAILED, retryAfterMs: HOUR }) });
  const [eventId = ""] = await world.send([target]);
  await world.until(() => target.attempts.length === 1);
  await world.quiet();
  await world.engine.stop(0);
  world.clock.jump(100 * 365 * DAY);
  await world.send([target]);
  world.clock.jump(-100 * 365 * DAY);
  world.change(target, { active: false });
  await world.restart().start([target.webhookId]);
  await world.pass(60_000);
  const { nextAttemptAt } = await world.fate(target, eventId);
  expect(nextAttemptAt).toBeGreaterThanOrEqual(0);
  expect(nextAttemptAt).toBeLessThan(world.clock.now());
});

test("due times move also where a target was inactive or a file unusable meanwhile", async () => {
  const inactive = world.addTarget({ script: () => ({ ...FAILED, retryAfterMs: HOUR }) });
  const damaged = world.addTarget({ script: () => ({ ...FAILED, retryAfterMs: HOUR }) });
  for (const target of [inactive, damaged]) {
    await world.send([target]);
    await world.until(() => target.attempts.length === 1);
    await world.quiet();
    target.script = () => DELIVERED;
  }
  world.change(inactive, { active: false });
  world.faults.listPendingTargets.only = damaged.webhookId;
  world.faults.listPendingTargets.error = new AppError({ kind: "unavailable", message: "damaged" });
  world.engine.nudge(damaged.webhookId);
  await world.quiet();
  world.clock.jump(-DAY);
  await world.pass(60_000);

  world.faults.listPendingTargets.error = null;
  world.change(inactive, { active: true });
  await world.pass(HOUR, 60_000);
  expect([inactive.attempts.length, damaged.attempts.length]).toEqual([2, 2]);
});

test("due times move also where deliveries came due while the file could not be read", async () => {
  const target = world.addTarget({ script: () => ({ ...FAILED, retryAfterMs: HOUR }) });
  await world.send([target]);
  await world.until(() => target.attempts.length === 1);
  await world.quiet();
  world.faults.claimDue.error = new AppError({ kind: "unavailable", message: "damaged" });
  await world.pass(HOUR + 60_000, 60_000);
  world.clock.jump(-DAY);
  await world.pass(60_000);
  world.faults.claimDue.error = null;
  await world.pass(60_000);
  expect(target.attempts.length).toBe(2);
});

test("set back and forth again while a file was unusable, its due times are as they were", async () => {
  const target = world.addTarget({ script: () => ({ ...FAILED, retryAfterMs: HOUR }) });
  const [eventId = ""] = await world.send([target]);
  await world.until(() => target.attempts.length === 1);
  await world.quiet();
  const { nextAttemptAt } = await world.fate(target, eventId);
  world.faults.listPendingTargets.error = new AppError({ kind: "unavailable", message: "damaged" });
  for (const jump of [-DAY, DAY]) {
    world.clock.jump(jump);
    await world.pass(30_000);
  }
  world.faults.listPendingTargets.error = null;
  await world.pass(60_000);
  expect((await world.fate(target, eventId)).nextAttemptAt).toBe(nextAttemptAt);
});
