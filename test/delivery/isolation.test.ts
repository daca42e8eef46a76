import { afterEach, beforeEach, expect, test } from "bun:test";
import { createWorld, type World } from "./delivery-world.ts";
import { DELIVERED, FAILED, gate, HANGS, type Script, type WorldTarget } from "./scripted-targets.ts";

let world: World;

beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.dispose());

/** Lets the target earn as many attempts at once as it may have. */
async function warmUp(targets: readonly WorldTarget[]): Promise<void> {
  await world.send(targets, 300);
  await world.until(() => targets.every((target) => target.attempts.length === 300));
}

test("a target begins with few attempts at once and earns 64, and no more", async () => {
  const { opened, open } = gate();
  const target = world.addTarget({ script: () => opened.then(() => DELIVERED) });
  await world.send([target], 600);
  await world.quiet();
  expect(target.running).toBe(8);
  target.script = () => (target.attempts.length > 300 ? new Promise(() => undefined) : DELIVERED);
  open();
  await world.until(() => target.running === 64);
  await world.quiet();
  expect(target.mostRunning).toBe(64);
});

test("targets take turns: a backlog is not begun whole before the next one's", async () => {
  const first = world.addTarget();
  const second = world.addTarget({ webhookId: first.webhookId });
  // One delivery keeps each queue, and what its target has earned, alive.
  const both = [first, second];
  const { opened, open } = gate();
  for (const target of both) {
    target.script = () => (target.attempts.length === 1 ? opened.then(() => DELIVERED) : DELIVERED);
  }
  await warmUp(both);
  await world.quiet();
  for (const target of both) world.change(target, { active: false });
  await world.send(both, 300);
  await world.quiet();
  const begun: WorldTarget[] = [];
  for (const target of both) {
    target.script = (attempt) => {
      begun.push(target);
      return HANGS(attempt);
    };
    world.change(target, { active: true });
  }
  await world.until(() => begun.length >= 126);
  expect(begun.indexOf(begun[0] === first ? second : first)).toBe(32);
  open();
});

test("large bodies are not read many at a time", async () => {
  const target = world.addTarget();
  const { opened, open } = gate();
  target.script = () =>
    target.attempts.length > 8 ? new Promise(() => undefined) : opened.then(() => DELIVERED);
  await world.send([target], 11, 12 << 20);
  await world.until(() => target.running === 8);
  open();
  await world.until(() => target.running === 2 && target.attempts.length === 10);
  await world.quiet();
  expect(target.running).toBe(2);
});

test("a healthy target gets all of its deliveries while one never answers and one fails at once", async () => {
  const { webhookId } = world.addTarget();
  const hanging = world.addTarget({ webhookId, script: HANGS });
  const failing = world.addTarget({ webhookId, script: () => FAILED });
  const healthy = world.addTarget({ webhookId });
  await world.send([hanging, failing, healthy], 300);
  await world.until(() => healthy.attempts.length === 300);
  expect(hanging.running).toBe(8);
  expect(world.clock.monotonic()).toBe(0);
});

test("healthy targets get theirs in an outage of many, be it that they hang or that they fail", async () => {
  const { webhookId } = world.addTarget();
  for (const script of [HANGS, () => FAILED] satisfies Script[]) {
    const dead = Array.from({ length: 60 }, () => world.addTarget({ webhookId, script }));
    await world.send(dead, 20);
    await world.quiet();
    // Targets that hang count as slow after a second and a sweep.
    await world.pass(2_000, 500);
    const healthy = world.addTarget();
    await world.send([healthy], 50);
    await world.until(() => healthy.attempts.length === 50);
    expect(healthy.attempts.length).toBe(50);
  }
});

test("a backlog of 5,000 delays another webhook's delivery by no more than a turn", async () => {
  const busy = world.addTarget();
  world.change(busy, { active: false });
  await world.send([busy], 5_000);
  await world.quiet();
  world.change(busy, { active: true });
  await world.until(() => busy.attempts.length >= 1_000);

  const single = world.addTarget();
  let busyAtStored = 0;
  let busyAtArrival = 0;
  single.script = () => {
    busyAtArrival = busy.attempts.length;
    return DELIVERED;
  };
  await world.send([single]);
  busyAtStored = busy.attempts.length;
  await world.until(() => single.attempts.length === 1);
  expect(busyAtArrival - busyAtStored).toBeLessThanOrEqual(64);
  await world.until(() => busy.attempts.length === 5_000);
});

test("results that cannot be stored take no slot that others need", async () => {
  const { webhookId } = world.addTarget();
  const targets = Array.from({ length: 80 }, () => world.addTarget({ webhookId, script: () => FAILED }));
  world.faults.settle.error = new Error("disk full");
  await world.send(targets, 8);
  await world.until(() => targets.every((target) => target.attempts.length > 0));
  await world.quiet();
  expect(world.engine.inFlight()).toBe(0);
  await world.pass(5_000, 500);
  expect(Math.max(...targets.map((target) => target.attempts.length))).toBeLessThanOrEqual(8);

  world.faults.settle.error = null;
  for (const target of targets) target.script = () => DELIVERED;
  await world.pass(60_000, 1_000);
  for (const target of targets) {
    const eventIds = new Set(target.attempts.map((attempt) => attempt.event.id));
    expect(eventIds.size).toBe(8);
  }
});

test("targets without a slot get one as soon as another's attempt ends, be its result stored or not", async () => {
  for (const fault of [null, new Error("disk full")]) {
    const gates: (() => void)[] = [];
    const script: Script = () => {
      const { opened, open } = gate();
      gates.push(open);
      return opened.then(() => DELIVERED);
    };
    const { webhookId } = world.addTarget();
    const first = Array.from({ length: 32 }, () => world.addTarget({ webhookId, script }));
    await world.send(first, 8);
    await world.until(() => world.engine.inFlight() === 256);
    const waiting = world.addTarget({ script });
    await world.send([waiting]);
    await world.quiet();
    expect(waiting.attempts.length).toBe(0);
    world.faults.settle.error = fault;
    gates[0]?.();
    await world.until(() => waiting.attempts.length === 1);
    expect(world.clock.monotonic()).toBe(0);
    for (let each = 0; each < gates.length; each++) gates[each]?.();
    await world.until(() => world.engine.inFlight() === 0);
  }
});

test("targets without a slot cost no work while nothing ends", async () => {
  const { webhookId } = world.addTarget();
  const hanging = Array.from({ length: 100 }, () => world.addTarget({ webhookId, script: HANGS }));
  await world.send(hanging, 8);
  await world.until(() => world.engine.inFlight() === 256);
  await world.quiet();
  const before = world.lookups();
  await world.quiet();
  expect(world.lookups()).toBe(before);
});

test("a long backlog of a deleted target is discarded while others' deliveries go on", async () => {
  const deleted = world.addTarget();
  world.change(deleted, { active: false });
  await world.send([deleted], 5_000);
  await world.quiet();
  const other = world.addTarget();
  world.change(deleted, { deleted: true });
  let isDiscarded = false;
  void world
    .until(() => world.lines.some((line) => line.message.includes("discarded")))
    .then(() => {
      isDiscarded = true;
    });
  await world.until(() => world.calls.includes("discardPending"));
  await world.send([other]);
  await world.until(() => other.attempts.length === 1);
  expect(isDiscarded).toBe(false);
  await world.until(() => isDiscarded);
});
