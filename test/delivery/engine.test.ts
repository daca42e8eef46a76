import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { AppError } from "../../src/lib/errors.ts";
import { newId } from "../../src/lib/ids.ts";
import { draft } from "../storage/storage-world.ts";
import { createWorld, type World } from "./delivery-world.ts";
import { DELIVERED, FAILED, gate, HANGS } from "./scripted-targets.ts";

let world: World;

beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.dispose());

test("an event is delivered once it is stored, and its result is kept", async () => {
  const target = world.addTarget();
  const [eventId = ""] = await world.send([target]);
  await world.until(async () => (await world.fate(target, eventId)).status === "delivered");
  const delivery = await world.fate(target, eventId);
  expect([delivery.attempts, delivery.results.length, target.attempts.length]).toEqual([1, 1, 1]);
});

test("what an earlier run left pending is picked up at the start", async () => {
  const target = world.addTarget({ script: HANGS });
  const other = world.addTarget();
  const [eventId = ""] = await world.send([target]);
  await world.until(() => target.running === 1);
  const stopping = world.engine.stop(1_000);
  world.clock.advance(1_000);
  await stopping;
  expect(await world.fate(target, eventId)).toMatchObject({ status: "pending", attempts: 0, results: [] });

  target.script = () => DELIVERED;
  await world.restart().start([other.webhookId, target.webhookId]);
  await world.until(async () => (await world.fate(target, eventId)).status === "delivered");
  expect((await world.fate(target, eventId)).attempts).toBe(1);
});

test("where files cannot be scanned at the start, each is opened, and nothing stays behind", async () => {
  const target = world.addTarget({ script: () => FAILED });
  const [eventId = ""] = await world.send([target]);
  await world.until(async () => (await world.fate(target, eventId)).attempts === 1);
  await world.engine.stop(0);
  world.faults.findPending.error = new Error("the worker is gone");
  target.script = () => DELIVERED;
  await world.restart().start([target.webhookId]);
  await world.quiet();
  await world.pass(10_000);
  expect((await world.fate(target, eventId)).status).toBe("delivered");
});

test("an event that was stored after one received later is not kept waiting by a backlog", async () => {
  const answers: (() => void)[] = [];
  const target = world.addTarget({
    script: () => new Promise((resolve) => answers.push(() => resolve(DELIVERED))),
  });
  await world.send([target], 500);
  const answerAll = async () => {
    for (const answer of answers.splice(0)) answer();
    await world.quiet();
  };
  await world.quiet();
  for (let round = 0; round < 3; round++) await answerAll();
  const { webhookId } = target;
  const targets = [{ id: target.id, settlesAtIngest: false }];
  const late = draft({ webhookId, receivedAt: world.clock.now() - 100, targets });
  await world.events.append(late);
  world.clock.advance(250);
  await answerAll();
  expect(target.attempts.map(({ event }) => event.id)).toContain(late.id);
  expect(target.attempts.length).toBeLessThan(300);
});

test("a failed delivery is retried at its due time and not before", async () => {
  const target = world.addTarget({ script: () => FAILED });
  const [eventId = ""] = await world.send([target]);
  await world.until(async () => (await world.fate(target, eventId)).attempts === 1);
  await world.quiet();
  const { nextAttemptAt } = await world.fate(target, eventId);
  const waitMs = (nextAttemptAt ?? 0) - world.clock.now();
  expect(waitMs).toBe(5_000);

  world.clock.advance(waitMs - 1);
  await world.quiet();
  expect(target.attempts.length).toBe(1);
  target.script = () => DELIVERED;
  world.clock.advance(1);
  await world.until(async () => (await world.fate(target, eventId)).status === "delivered");
  expect(target.attempts.map((attempt) => attempt.attempt)).toEqual([1, 2]);
});

test("a delivery is given up after its last attempt, and stays as it is", async () => {
  const target = world.addTarget({ script: () => FAILED, maxAttempts: 3 });
  const [eventId = ""] = await world.send([target]);
  await world.quiet();
  await world.pass(60_000, 1_000);
  const delivery = await world.fate(target, eventId);
  expect(delivery).toMatchObject({ status: "failed", attempts: 3, nextAttemptAt: null });
  expect(delivery.reason).toContain("3 attempts");
  await world.pass(3 * 86_400_000, 21_600_000);
  expect(target.attempts.length).toBe(3);
});

test("the target of an event that was stored while the engine looked elsewhere is not forgotten", async () => {
  const targets = Array.from({ length: 40 }, () => world.addTarget());
  await Promise.all(targets.map((target) => world.send([target], 3)));
  await world.until(() => targets.every((target) => target.attempts.length === 3));
  await world.until(() => world.engine.inFlight() === 0);
});

test("all targets of a start get their turn, though none of the attempts ends", async () => {
  const targets = Array.from({ length: 40 }, () => world.addTarget({ script: HANGS }));
  for (const target of targets) world.change(target, { active: false });
  await Promise.all(targets.map((target) => world.send([target])));
  await world.engine.stop(0);
  for (const target of targets) world.change(target, { active: true });
  world.faults.findPending.error = new Error("so that all are looked into at once");
  await world.restart().start(targets.map((target) => target.webhookId));
  await world.until(() => targets.every((target) => target.running === 1));
});

test("all deliveries that are due at one moment are attempted, though none of the attempts ends", async () => {
  const { webhookId } = world.addTarget();
  const targets = Array.from({ length: 100 }, () => world.addTarget({ webhookId, script: () => FAILED }));
  await world.send(targets);
  await world.until(() => targets.every((target) => target.attempts.length === 1));
  await world.quiet();
  for (const target of targets) target.script = HANGS;
  world.clock.advance(5_000);
  await world.until(() => targets.every((target) => target.running === 1));
});

test("a deactivated target's deliveries wait, and go on after its activation", async () => {
  const target = world.addTarget();
  world.change(target, { active: false });
  const [eventId = ""] = await world.send([target]);
  await world.quiet();
  await world.pass(60_000);
  expect(await world.fate(target, eventId)).toMatchObject({ status: "pending", attempts: 0 });
  world.change(target, { active: true });
  await world.until(async () => (await world.fate(target, eventId)).status === "delivered");
});

test("a deleted target's deliveries are discarded with the reason, be the backlog longer than one step", async () => {
  const target = world.addTarget();
  world.change(target, { active: false });
  const eventIds = await world.send([target], 1_200);
  await world.quiet();
  world.change(target, { deleted: true });
  await world.until(async () => {
    const last = await world.fate(target, eventIds.at(-1) ?? "");
    return last.status === "discarded";
  });
  for (const eventId of eventIds.slice(0, 20)) {
    expect(await world.fate(target, eventId)).toMatchObject({
      status: "discarded",
      reason: "The target was deleted.",
      nextAttemptAt: null,
    });
  }
  expect(target.attempts).toEqual([]);
});

test("a delivery in flight while its target is deleted ends discarded if it fails, and delivered if it arrives", async () => {
  const webhookId = world.addTarget().webhookId;
  for (const outcome of [FAILED, DELIVERED]) {
    const { opened, open } = gate();
    const target = world.addTarget({ webhookId, script: () => opened.then(() => outcome) });
    const [eventId = ""] = await world.send([target]);
    await world.until(() => target.running === 1);
    world.change(target, { deleted: true });
    await world.quiet();
    open();
    const status = outcome === DELIVERED ? "delivered" : "discarded";
    await world.quiet();
    await world.until(async () => (await world.fate(target, eventId)).status === status);
    await world.pass(60_000);
    expect((await world.fate(target, eventId)).status).toBe(status);
    expect(target.attempts.length).toBe(1);
  }
});

test("an event that comes for a deleted target in the last moment of a discard is discarded too", async () => {
  const { opened, open } = gate();
  const target = world.addTarget();
  world.delays.discard = opened;
  const [first = ""] = await world.send([target]);
  world.change(target, { deleted: true });
  await world.until(async () => (await world.fate(target, first)).status !== "pending");
  const [second = ""] = await world.send([target]);
  await world.quiet();
  world.engine.nudge(target.webhookId);
  await world.quiet();
  expect(world.calls.filter((name) => name === "discardPending").length).toBeLessThanOrEqual(1);
  open();
  await world.until(async () => (await world.fate(target, second)).status !== "pending");
});

test("a discard that fails is done later, and others' deliveries go on meanwhile", async () => {
  const target = world.addTarget();
  const other = world.addTarget();
  world.change(target, { active: false });
  const [eventId = ""] = await world.send([target]);
  await world.quiet();
  world.faults.discardPending.error = new Error("disk full");
  world.change(target, { deleted: true });
  await world.quiet();
  await world.send([other]);
  await world.until(() => other.attempts.length === 1);
  expect((await world.fate(target, eventId)).status).toBe("pending");
  world.faults.discardPending.error = null;
  await world.pass(20_000);
  expect((await world.fate(target, eventId)).status).toBe("discarded");
});

test("a replay during an attempt is not lost", async () => {
  for (const outcome of [DELIVERED, FAILED]) {
    const { opened, open } = gate();
    const target = world.addTarget({ script: () => opened.then(() => outcome), maxAttempts: 1 });
    const [eventId = ""] = await world.send([target]);
    await world.until(() => target.running === 1);
    await world.replay({ webhookId: target.webhookId, eventId });
    await world.quiet();
    expect(target.attempts.length).toBe(1);
    target.script = () => DELIVERED;
    open();
    await world.until(() => target.attempts.length === 2);
    await world.until(async () => (await world.fate(target, eventId)).status === "delivered");
    expect((await world.fate(target, eventId)).attempts).toBe(2);
  }
});

test("a replayed delivery has all its attempts again", async () => {
  const target = world.addTarget({ script: () => FAILED, maxAttempts: 2 });
  const [eventId = ""] = await world.send([target]);
  await world.quiet();
  await world.pass(30_000, 1_000);
  expect(await world.fate(target, eventId)).toMatchObject({ status: "failed", attempts: 2 });
  await world.replay({ webhookId: target.webhookId, eventId, targetId: target.id });
  await world.quiet();
  expect(await world.fate(target, eventId)).toMatchObject({ status: "pending", attempts: 3 });
  await world.pass(30_000, 1_000);
  expect(await world.fate(target, eventId)).toMatchObject({ status: "failed", attempts: 4 });
});

test("a stop lets attempts end within the grace period, and breaks off the others uncounted", async () => {
  const { opened, open } = gate();
  const ending = world.addTarget({ script: () => opened.then(() => DELIVERED) });
  const hanging = world.addTarget({ script: HANGS });
  const [ended = ""] = await world.send([ending]);
  const [hung = ""] = await world.send([hanging]);
  await world.until(() => ending.running + hanging.running === 2);
  const stopping = world.engine.stop(5_000);
  await world.send([ending]);
  open();
  await world.until(async () => (await world.fate(ending, ended)).status === "delivered");
  world.clock.advance(5_000);
  await stopping;
  expect(await world.fate(hanging, hung)).toMatchObject({ status: "pending", attempts: 0, results: [] });
  expect(ending.attempts.length).toBe(1);
});

test("an attempt that heeds no signal does not hold up a stop for ever", async () => {
  const target = world.addTarget({ script: () => new Promise(() => undefined) });
  await world.send([target]);
  await world.until(() => target.running === 1);
  const stopping = world.engine.stop(5_000);
  await world.quiet();
  world.clock.advance(6_000);
  await stopping;
  expect(target.attempts.length).toBe(1);
});

test("after a stop no file is looked into", async () => {
  const target = world.addTarget();
  await world.send([target]);
  await world.quiet();
  world.engine.nudge(target.webhookId);
  await world.engine.stop(0);
  world.calls.length = 0;
  world.engine.nudge(target.webhookId);
  await world.quiet();
  await world.pass(60_000);
  expect(world.calls).toEqual([]);
});

test("a target whose settings cannot be opened keeps its deliveries, and no attempt is spent", async () => {
  const target = world.addTarget();
  world.lock(target, true);
  const [eventId = ""] = await world.send([target]);
  await world.quiet();
  await world.pass(300_000);
  expect(await world.fate(target, eventId)).toMatchObject({ status: "pending", attempts: 0 });
  world.lock(target, false);
  await world.pass(20_000);
  expect((await world.fate(target, eventId)).status).toBe("delivered");
});

test("a result that cannot be stored is stored later, and its delivery is not attempted again meanwhile", async () => {
  const target = world.addTarget();
  world.faults.settle.error = new Error("disk full");
  const eventIds = await world.send([target], 3);
  await world.until(() => target.attempts.length === 3);
  await world.pass(30_000, 1_000);
  await world.send([target]);
  await world.quiet();
  expect(target.attempts.length).toBe(3);
  world.faults.settle.error = null;
  await world.pass(2_000, 1_000);
  for (const eventId of eventIds) {
    expect(await world.fate(target, eventId)).toMatchObject({ status: "delivered", attempts: 1 });
  }
  await world.until(() => target.attempts.length === 4);
});

test("a stop ends the storing of results that are refused, and their deliveries stay pending", async () => {
  const target = world.addTarget();
  world.faults.settle.error = new Error("disk full");
  const [eventId = ""] = await world.send([target]);
  await world.until(() => target.attempts.length === 1);
  await world.quiet();
  const stopping = world.engine.stop(2_000);
  world.clock.advance(2_000);
  await stopping;
  world.faults.settle.error = null;
  world.calls.length = 0;
  await world.pass(60_000);
  expect(world.calls).toEqual([]);
  expect((await world.fate(target, eventId)).status).toBe("pending");
});

test("a file that cannot be used stops its own webhook only, and goes on by itself", async () => {
  const broken = world.addTarget();
  const healthy = world.addTarget();
  for (const name of ["claimDue", "listPendingTargets"] as const) {
    world.faults[name].only = broken.webhookId;
    world.faults[name].error = new AppError({ kind: "unavailable", message: "damaged" });
    const [eventId = ""] = await world.send([broken]);
    await world.quiet();
    const [other = ""] = await world.send([healthy]);
    await world.until(async () => (await world.fate(healthy, other)).status === "delivered");
    await world.pass(60_000);
    expect((await world.fate(broken, eventId)).status).toBe("pending");
    expect(world.lines.filter((line) => line.level === "error").length).toBeGreaterThan(0);
    world.faults[name].error = null;
    await world.pass(20_000);
    expect((await world.fate(broken, eventId)).status).toBe("delivered");
  }
});

test("an idle webhook causes no reads, however long", async () => {
  const target = world.addTarget();
  await world.send([target], 5);
  await world.until(() => target.attempts.length === 5);
  await world.quiet();
  world.calls.length = 0;
  await world.pass(3_600_000, 60_000);
  expect(world.calls).toEqual([]);
});

test("a webhook whose next attempt is hours away causes no reads until then", async () => {
  const target = world.addTarget({ script: () => ({ ...FAILED, retryAfterMs: 7_200_000 }) });
  await world.send([target]);
  await world.quiet();
  world.calls.length = 0;
  await world.pass(7_000_000, 70_000);
  expect(world.calls).toEqual([]);
  target.script = () => DELIVERED;
  await world.pass(300_000);
  expect(target.attempts.length).toBe(2);
});

test("a deleted webhook's queues ask nothing any more", async () => {
  const target = world.addTarget({ script: () => FAILED });
  await world.send([target]);
  await world.quiet();
  await world.deleteFile(target.webhookId);
  world.change(target, { deleted: true });
  await world.quiet();
  world.calls.length = 0;
  await world.pass(3_600_000, 60_000);
  expect(world.calls).toEqual([]);
});

test("a nudge for a webhook that is none, or hidden by an import that was broken off, makes no file", async () => {
  const webhookId = newId();
  world.engine.nudge(webhookId);
  await world.quiet();
  expect(existsSync(world.files.pathOf(webhookId))).toBe(false);
});

test("while nothing may be attempted events wait, and are delivered once that has ended", async () => {
  let mayAttempt = false;
  await world.dispose();
  world = createWorld({ mayAttempt: () => mayAttempt });
  const target = world.addTarget();
  const [eventId = ""] = await world.send([target]);
  await world.quiet();
  await world.pass(1_000);
  expect(target.attempts).toEqual([]);
  mayAttempt = true;
  world.clock.advance(200);
  await world.until(async () => (await world.fate(target, eventId)).status === "delivered");
});
