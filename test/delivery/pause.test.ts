/** A paused target: its deliveries are held, and released at a rising rate when the pause is over. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { listLedgerFaults } from "../../src/storage/event-db/numbers/ledger.ts";
import { parseDeliveryPolicy } from "../../src/targets/delivery-policy.ts";
import { createWorld, type World } from "./delivery-world.ts";
import { DELIVERED, FAILED, type WorldTarget } from "./scripted-targets.ts";

let world: World;

beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.dispose());

async function countsOf(target: WorldTarget) {
  return (await world.events.targetOverviews(target.webhookId)).get(target.id)?.counts;
}

async function heldOf(target: WorldTarget): Promise<number> {
  return (await countsOf(target))?.held ?? 0;
}

/** Pending deliveries become held beside the passes. */
async function pauseWith(target: WorldTarget, count: number): Promise<readonly string[]> {
  world.change(target, { paused: true });
  const eventIds = await world.send([target], count);
  await world.until(async () => (await heldOf(target)) === count);
  return eventIds;
}

test("a pause holds what is pending, what waits for its retry, and what comes", async () => {
  const target = world.addTarget({ script: () => FAILED });
  const [retried = ""] = await world.send([target]);
  await world.until(async () => (await world.fate(target, retried)).attempts === 1);
  world.change(target, { paused: true });
  const [later = ""] = await world.send([target]);
  await world.until(async () => (await heldOf(target)) === 2);
  await world.pass(3_600_000, 60_000);
  for (const [eventId, attempts] of [
    [retried, 1],
    [later, 0],
  ] as const) {
    expect(await world.fate(target, eventId)).toMatchObject({
      status: "held",
      attempts,
      nextAttemptAt: null,
    });
  }
  target.script = () => DELIVERED;
  world.change(target, { paused: false });
  await world.pass(10_000, 500);
  expect(await countsOf(target)).toMatchObject({ held: 0, delivered: 2 });
});

test("a long backlog is held in steps while others' deliveries go on", async () => {
  const target = world.addTarget();
  world.change(target, { active: false });
  await world.send([target], 3_000);
  await world.quiet();
  world.change(target, { active: true, paused: true });
  const other = world.addTarget();
  await world.send([other]);
  const seen = new Set<number>();
  await world.until(async () => seen.add(await heldOf(target)).has(3_000));
  expect([...seen].filter((held) => held > 0 && held < 3_000)).not.toEqual([]);
  await world.until(() => other.attempts.length === 1);
  expect(target.attempts).toEqual([]);
  expect(listLedgerFaults(world.files.open(target.webhookId).db)).toEqual([]);
});

test("an attempt that was under way at the pause counts: arrived it is delivered, failed it is held", async () => {
  const { webhookId } = world.addTarget();
  for (const outcome of [DELIVERED, FAILED]) {
    let answer: (() => void) | null = null;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const target = world.addTarget({ webhookId, script: () => answered.then(() => outcome) });
    const [eventId = ""] = await world.send([target]);
    await world.until(() => target.running === 1);
    world.change(target, { paused: true });
    await world.until(async () => (await heldOf(target)) === 1);
    (answer ?? (() => {}))();
    const status = outcome === DELIVERED ? "delivered" : "held";
    await world.until(async () => (await world.fate(target, eventId)).attempts === 1);
    await world.until(async () => (await world.fate(target, eventId)).status === status);
  }
});

test("after the pause the backlog goes at a rising rate, and live events do not wait for it", async () => {
  const target = world.addTarget();
  const held = new Set(await pauseWith(target, 2_000));
  world.change(target, { paused: false });
  await world.quiet();
  const drained: number[] = [];
  for (let second = 0; second < 30; second++) {
    const before = target.attempts.length;
    const [live = ""] = await world.send([target]);
    await world.quiet();
    expect((await world.fate(target, live)).status).toBe("delivered");
    await world.pass(1_000, 50);
    drained.push(target.attempts.slice(before).filter(({ event }) => held.has(event.id)).length);
  }
  const [first = 0, last = 0] = [drained.slice(0, 5), drained.slice(-5)].map((some) =>
    some.reduce((sum, n) => sum + n, 0),
  );
  expect(first).toBeLessThanOrEqual(20);
  expect(last).toBeGreaterThan(3 * first);
  const left = await heldOf(target);
  const [state] = await world.engine.describe(target.webhookId, [target.id]);
  const estimate = state?.drain(left, parseDeliveryPolicy({}).throttle);
  expect(estimate?.perSecond).toBeGreaterThan(8);
  await world.pass((estimate?.estimateMs ?? 0) + 5_000, 50);
  expect(await countsOf(target)).toMatchObject({ held: 0, pending: 0, delivered: 2_030 });
}, 60_000);

test("a drain goes on after a restart, stops at the next pause, and halves while the target fails", async () => {
  const target = world.addTarget();
  await pauseWith(target, 300);
  world.change(target, { paused: false });
  await world.pass(5_000, 100);
  await world.engine.stop(0);
  const before = target.attempts.length;
  await world.restart().start([target.webhookId]);
  await world.pass(5_000, 100);
  expect(target.attempts.length).toBeGreaterThan(before);

  world.change(target, { paused: true });
  await world.quiet();
  const atPause = target.attempts.length;
  await world.pass(60_000, 1_000);
  expect(target.attempts.length).toBe(atPause);

  target.script = () => FAILED;
  world.change(target, { paused: false });
  await world.pass(60_000, 500);
  // The circuit is open by now, so the rest stays held.
  expect(await heldOf(target)).toBeGreaterThan(200);
  target.script = () => DELIVERED;
  await world.pass(600_000, 1_000);
  expect(await countsOf(target)).toMatchObject({ held: 0, pending: 0, delivered: 300 });
}, 60_000);

test("held deliveries can be released as fast as the target takes them", async () => {
  const target = world.addTarget();
  await pauseWith(target, 1_000);
  world.change(target, { paused: false });
  world.engine.hurry({ webhookId: target.webhookId, targetId: target.id });
  await world.until(async () => (await countsOf(target))?.delivered === 1_000);
  expect(world.clock.monotonic()).toBe(0);
});

test("the held deliveries of a deleted target are discarded, and those of an inactive one stay", async () => {
  const { webhookId } = world.addTarget();
  const [deleted, inactive] = [world.addTarget({ webhookId }), world.addTarget({ webhookId })];
  for (const target of [deleted, inactive]) await pauseWith(target, 3);
  world.change(deleted, { deleted: true });
  world.change(inactive, { paused: false, active: false });
  await world.until(async () => (await countsOf(deleted))?.discarded === 3);
  await world.pass(60_000);
  expect(await countsOf(inactive)).toMatchObject({ held: 3, pending: 0 });
});
