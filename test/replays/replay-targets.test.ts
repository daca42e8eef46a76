/** The targets of a replay advance independently: one that is paused, slow, down or deleted delays no other. */

import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../src/lib/errors.ts";
import { newId } from "../../src/lib/ids.ts";
import { DELIVERED, FAILED, gate, type WorldTarget } from "../delivery/scripted-targets.ts";
import { appErrorOf } from "../support/thrown.ts";
import { createReplayWorld, type ReplayWorld } from "./replay-world.ts";

let world: ReplayWorld;

beforeEach(() => {
  world = createReplayWorld();
});
afterEach(async () => {
  expect(world.ledgerFaults()).toEqual([]);
  await world.dispose();
});

const add = (of: ReplayWorld, policy: Record<string, unknown> = { circuit_failures: null }) =>
  of.addTarget({ webhookId: of.webhookId, maxAttempts: 1, policy });

async function sendAndSettle(of: ReplayWorld, targets: readonly WorldTarget[], count: number) {
  const ids = await of.send(targets, count);
  await of.until(() => of.fates().every(({ status }) => status !== "pending"));
  return ids;
}

const replaysOf = (of: ReplayWorld, target: WorldTarget) => of.fates(target).map(({ replays }) => replays);
const seen = async (of: ReplayWorld, id: string) => of.runs.get({ webhookId: of.webhookId, id });
const targetIn = async (of: ReplayWorld, id: string, target: WorldTarget) =>
  (await seen(of, id)).targets.find(({ targetId }) => targetId === target.id);

test("a target whose circuit is open waits alone, and the replay can go on without it", async () => {
  const good = add(world);
  const dead = add(world, { circuit_failures: 1 });
  await sendAndSettle(world, [good, dead], 200);
  dead.script = () => FAILED;
  await world.send([dead]);
  await world.until(() => world.told.length === 1);
  const { id } = await world.begin({});
  await world.until(async () => (await targetIn(world, id, good))?.state === "done");
  await world.until(async () => (await targetIn(world, id, dead))?.waitsFor === "due");
  expect(replaysOf(world, good)).toEqual(Array(200).fill(1));
  expect(await targetIn(world, id, dead)).toMatchObject({ matched: 201, state: "running" });
  const of = { webhookId: world.webhookId, id, targetId: dead.id };
  expect((await world.runs.removeTarget(of)).targets).toContainEqual(
    expect.objectContaining({ targetId: dead.id, state: "removed", waitsFor: null }),
  );
  expect(await world.ended(id)).toMatchObject({ state: "done" });
  expect(replaysOf(world, dead).filter((replays) => replays > 0).length).toBeLessThanOrEqual(32);
});

test("a target that is removed before the replay meets it gets nothing", async () => {
  const [kept, removed] = [add(world), add(world)];
  await sendAndSettle(world, [kept, removed], 50);
  world.allowSteps(0);
  const { id } = await world.begin({});
  await world.runs.removeTarget({ webhookId: world.webhookId, id, targetId: removed.id });
  world.allowSteps(null);
  expect(await world.ended(id)).toMatchObject({ state: "done", replayed: 50 });
  expect(replaysOf(world, removed)).toEqual(Array(50).fill(0));
});

test("a target that cannot be removed is refused with the reason", async () => {
  const [one, other] = [add(world), add(world)];
  await sendAndSettle(world, [one, other], 5);
  world.change(one, { active: false });
  const { id } = await world.begin({});
  const single = await world.begin({ targetId: one.id });
  const of = { webhookId: world.webhookId, id };
  const codeOf = async (ask: Parameters<typeof world.runs.removeTarget>[0]) =>
    (await appErrorOf(() => world.runs.removeTarget(ask))).code;
  expect(await codeOf({ ...of, targetId: newId() })).toBe("not_found");
  expect(await codeOf({ ...of, id: newId(), targetId: one.id })).toBe("not_found");
  expect(await codeOf({ ...of, id: single.id, targetId: one.id })).toBe("only_target");
  await world.runs.cancel(of);
  expect(await codeOf({ ...of, targetId: one.id })).toBe("replay_ended");
});

test("a target that is resumed late gets all its events, and the others nothing twice", async () => {
  const [quick, late] = [add(world), add(world)];
  await sendAndSettle(world, [quick, late], 300);
  world.change(late, { paused: true });
  const { id } = await world.begin({});
  await world.until(async () => (await targetIn(world, id, quick))?.state === "done");
  await world.crash();
  await world.until(async () => (await targetIn(world, id, late))?.waitsFor === "paused");
  world.change(late, { paused: false });
  expect(await world.ended(id)).toMatchObject({ state: "done", replayed: 600 });
  for (const target of [quick, late]) expect(replaysOf(world, target)).toEqual(Array(300).fill(1));
});

test("twenty targets with the same cursor take no more steps than one", async () => {
  const stepsFor = async (targets: number) => {
    const own = createReplayWorld();
    const all = Array.from({ length: targets }, () => add(own));
    await sendAndSettle(own, all, 1);
    await sendAndSettle(own, [add(own)], 2_000);
    const { id } = await own.begin({
      selection: { kind: "filter", filter: { targetId: undefined, method: "PUT" } },
    });
    await own.ended(id);
    const steps = own.steps();
    await own.dispose();
    return steps;
  };
  expect(await stepsFor(20)).toBe(await stepsFor(1));
});

test("a replay from before targets had their own cursors continues from its cursor", async () => {
  const [first, second] = [add(world), add(world)];
  const ids = await sendAndSettle(world, [first, second], 100);
  world.change(first, { paused: true });
  world.change(second, { paused: true });
  const { id } = await world.begin({});
  await world.until(async () => (await targetIn(world, id, first))?.waitsFor === "paused");
  await world.runs.pause({ webhookId: world.webhookId, id });
  await world.quiet();
  const db = new Database(world.files.pathOf(world.webhookId));
  const cursor = [...ids].sort()[59] ?? "";
  db.query("DELETE FROM replay_targets").run();
  db.query("UPDATE replay_runs SET cursor = ?, replayed = 120").run(cursor);
  db.close();
  await world.crash();
  world.change(first, { paused: false });
  world.change(second, { paused: false });
  await world.runs.resume({ webhookId: world.webhookId, id });
  expect(await world.ended(id)).toMatchObject({ state: "done", replayed: 200 });
  const replayed = world.fates().filter(({ replays }) => replays > 0);
  expect(replayed.map(({ eventId }) => eventId).every((eventId) => eventId > cursor)).toBe(true);
  expect(replayed).toHaveLength(80);
});

type Fate = "quick" | "paused" | "slow" | "down" | "deleted" | "removed";

test("whatever becomes of the others, each target gets each event once, over restarts too", async () => {
  const fates = fc.array(fc.constantFrom<Fate>("quick", "paused", "slow", "down", "deleted", "removed"), {
    minLength: 2,
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(fates, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 150 }), (...given) =>
      runOnce(...given),
    ),
    { numRuns: 12, examples: [[["down", "paused", "removed", "down"], 11, 4]] },
  );
}, 60_000);

/** The replay goes on by itself, and may be over in any moment. */
async function removeUnlessOver(own: ReplayWorld, id: string, { id: targetId }: WorldTarget): Promise<void> {
  try {
    await own.runs.removeTarget({ webhookId: own.webhookId, id, targetId });
  } catch (error) {
    if (!(error instanceof AppError && error.code === "replay_ended")) throw error;
    expect((await seen(own, id)).state).toBe("done");
  }
}

async function runOnce(fates: readonly Fate[], steps: number, count: number): Promise<void> {
  const own = createReplayWorld();
  const { opened, open } = gate();
  try {
    const targets = fates.map((fate) => ({ fate, target: add(own) }));
    // Not all events went to all targets.
    for (let n = 0; n < targets.length; n++) {
      await sendAndSettle(
        own,
        targets.slice(n).map(({ target }) => target),
        count,
      );
    }
    const expected = new Map(targets.map(({ target }) => [target.id, own.fates(target).length]));
    for (const { fate, target } of targets) {
      if (fate === "paused") own.change(target, { paused: true });
      if (fate === "slow") target.script = () => opened.then(() => DELIVERED);
      if (fate === "down") target.script = () => FAILED;
    }
    own.allowSteps(steps);
    const { id } = await own.begin({});
    const isStuck = async () => {
      const { targets: all } = await seen(own, id);
      return all.length > 0 && all.every(({ state, waitsFor }) => state === "done" || waitsFor !== null);
    };
    await own.until(async () => own.steps() >= steps || (await isStuck()));
    await own.quiet();
    for (const { fate, target } of targets) if (fate === "deleted") own.change(target, { deleted: true });
    await own.crash();
    own.allowSteps(null);
    const isOver = async (target: WorldTarget) => (await targetIn(own, id, target))?.state === "done";
    for (const { fate, target } of targets) if (fate === "quick") await own.until(() => isOver(target));
    open();
    for (const { fate, target } of targets) {
      if (fate === "removed") await removeUnlessOver(own, id, target);
      if (fate === "paused") own.change(target, { paused: false });
      target.script = () => DELIVERED;
    }
    while ((await seen(own, id)).state !== "done") await own.pass(60_000, 60_000);
    for (const { fate, target } of targets) {
      const replays = replaysOf(own, target);
      if (fate === "removed" || fate === "deleted") expect(Math.max(...replays)).toBeLessThanOrEqual(1);
      else expect(replays).toEqual(Array(expected.get(target.id) ?? 0).fill(1));
    }
    expect(own.ledgerFaults()).toEqual([]);
  } finally {
    open();
    await own.dispose();
  }
}
