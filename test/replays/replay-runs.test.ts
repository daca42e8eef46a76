import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { DELIVERED, FAILED, HANGS, type WorldTarget } from "../delivery/scripted-targets.ts";
import { appErrorOf } from "../support/thrown.ts";
import { createReplayWorld, everything, type ReplayWorld } from "./replay-world.ts";

let world: ReplayWorld;

beforeEach(() => {
  world = createReplayWorld();
});
afterEach(async () => {
  expect(world.ledgerFaults()).toEqual([]);
  await world.dispose();
});

/** Attempts never stop, whatever the target answers: no circuit opens. */
const add = (script?: WorldTarget["script"]) =>
  world.addTarget({
    webhookId: world.webhookId,
    maxAttempts: 1,
    policy: { circuit_failures: null },
    ...(script && { script }),
  });

/** Sends events and waits until their deliveries have ended. */
async function sendAndSettle(targets: readonly WorldTarget[], count: number): Promise<readonly string[]> {
  const ids = await world.send(targets, count);
  await world.until(() => world.fates().every(({ status }) => status !== "pending"));
  return ids;
}

const replaysOf = (target: WorldTarget) => world.fates(target).map(({ replays }) => replays);

describe("a replay by filter", () => {
  test("repeats the matching deliveries, each once, and counts them before it begins", async () => {
    const good = add();
    const bad = add(() => FAILED);
    await sendAndSettle([good, bad], 300);
    bad.script = () => DELIVERED;
    const { id, state, matched } = await world.begin(everything({ status: "failed" }));
    expect([state, matched]).toEqual(["counting", null]);
    const run = await world.ended(id);
    expect(run).toMatchObject({ state: "done", replayed: 300, skipped: 0, askedBy: "ada" });
    expect(run.matched).toEqual({ events: 300, deliveries: 300, isExact: true, notSearched: 0 });
    await world.until(() => world.fates(bad).every(({ status }) => status === "delivered"));
    expect([good.attempts.length, bad.attempts.length]).toEqual([300, 600]);
    expect(new Set(replaysOf(bad))).toEqual(new Set([1]));
  });

  test("leaves out events received after it was requested", async () => {
    const target = add();
    await sendAndSettle([target], 3);
    world.allowSteps(0);
    const { id } = await world.begin({});
    const later = await world.send([target], 2);
    world.allowSteps(null);
    expect(await world.ended(id)).toMatchObject({ replayed: 3 });
    const replayed = world.fates().filter(({ replays }) => replays > 0);
    expect(replayed.map(({ eventId }) => eventId)).not.toContain(later[0]);
  });

  test("is counted without delivering anything", async () => {
    const [first, second] = [add(), add()];
    await sendAndSettle([first, second], 10);
    world.change(second, { deleted: true });
    const order = { ...everything(), targetId: null, onlyMissing: false };
    expect(await world.runs.count(world.webhookId, order)).toEqual({
      events: 10,
      deliveries: 10,
      isExact: true,
      notSearched: 0,
    });
    expect(await world.runs.list(world.webhookId)).toEqual([]);
    expect(first.attempts).toHaveLength(10);
  });
});

test("a replay by text repeats events whose bodies contain it, to targets with different cursors too, across a crash", async () => {
  const [quick, late] = [add(), add()];
  const targets = [quick, late].map(({ id }) => ({ id, settlesAtIngest: false }));
  const expected: string[] = [];
  for (let n = 0; n < 400; n++) {
    const text = n % 4 === 0 ? '{"a":"Caf\\u00e9"}' : '{"a":"Cafe"}';
    const draft = { ...world.draft([quick]), targets, body: Buffer.from(text) };
    await world.events.append(draft);
    if (n % 4 === 0) expected.push(draft.id);
  }
  await world.until(() => world.fates().every(({ status }) => status !== "pending"));
  world.change(late, { paused: true });
  world.allowSteps(4);
  const { id } = await world.begin(everything({ text: "café".toUpperCase().replace("É", "é") }));
  await world.until(() => world.steps() === 4);
  await world.crash();
  world.allowSteps(null);
  const of = { webhookId: world.webhookId, id };
  const targetOf = async () =>
    (await world.runs.get(of)).targets.find(({ targetId }) => targetId === quick.id);
  await world.until(async () => (await targetOf())?.state === "done");
  world.change(late, { paused: false });
  expect(await world.ended(id)).toMatchObject({ replayed: 200, matched: { events: 100, deliveries: 200 } });
  for (const target of [quick, late]) {
    const replayed = world.fates(target).filter(({ replays }) => replays > 0);
    expect(replayed.map(({ eventId }) => eventId)).toEqual([...expected].sort());
    expect(new Set(replayed.map(({ replays }) => replays))).toEqual(new Set([1]));
  }
}, 60_000);

test("a replay of chosen events repeats these, and no others", async () => {
  const target = add();
  const ids = await sendAndSettle([target], 5);
  const eventIds = [ids[3] ?? "", ids[1] ?? "", newId()];
  const { id } = await world.begin({ selection: { kind: "events", eventIds } });
  expect(await world.ended(id)).toMatchObject({ replayed: 2, matched: { events: 2, deliveries: 2 } });
  const replayed = world.fates().flatMap(({ eventId, replays }) => (replays > 0 ? [eventId] : []));
  expect(replayed).toEqual([ids[1], ids[3]].map(String).sort());
});

test("a new target gets the events it never had, and nothing twice", async () => {
  const old = add();
  await sendAndSettle([old], 200);
  const fresh = add();
  await sendAndSettle([old, fresh], 20);
  const { id } = await world.begin({ targetId: fresh.id, onlyMissing: true });
  expect(await world.ended(id)).toMatchObject({ replayed: 200, matched: { events: 200, deliveries: 200 } });
  await world.until(() => world.fates(fresh).every(({ status }) => status === "delivered"));
  expect(fresh.attempts).toHaveLength(220);
  expect(old.attempts).toHaveLength(220);
  const again = await world.begin({ targetId: fresh.id, onlyMissing: true });
  expect(await world.ended(again.id)).toMatchObject({ replayed: 0 });
});

test("a crash between two steps repeats nothing and skips nothing", async () => {
  const target = add();
  await sendAndSettle([target], 600);
  world.allowSteps(2);
  const { id } = await world.begin({});
  await world.until(() => world.steps() === 2);
  await world.quiet();
  const before = await world.runs.get({ webhookId: world.webhookId, id });
  expect(before.replayed).toBeGreaterThan(0);
  expect(before.replayed).toBeLessThan(600);
  await world.crash();
  world.allowSteps(null);
  expect(await world.ended(id)).toMatchObject({ state: "done", replayed: 600 });
  expect(new Set(replaysOf(target))).toEqual(new Set([1]));
});

test("a replay that was being counted at a crash is counted and continues", async () => {
  const target = add();
  await sendAndSettle([target], 5);
  world.allowSteps(0);
  const { id } = await world.begin({});
  await world.crash();
  world.allowSteps(null);
  expect(await world.ended(id)).toMatchObject({ replayed: 5, matched: { events: 5, isExact: true } });
});

describe("pausing and ending", () => {
  async function stepsTaken(): Promise<string> {
    await sendAndSettle([add()], 600);
    world.allowSteps(2);
    const { id } = await world.begin({});
    await world.until(() => world.steps() === 2);
    return id;
  }

  test("a paused replay stays paused across a restart and continues at its cursor when it is resumed", async () => {
    const id = await stepsTaken();
    const of = { webhookId: world.webhookId, id };
    expect(await world.runs.pause(of)).toMatchObject({ state: "paused" });
    world.allowSteps(null);
    await world.crash();
    await world.quiet();
    const paused = await world.runs.get(of);
    expect(paused.state).toBe("paused");
    expect(paused.replayed).toBeLessThan(600);
    await world.runs.resume(of);
    expect(await world.ended(id)).toMatchObject({ state: "done", replayed: 600 });
    expect(new Set(world.fates().map(({ replays }) => replays))).toEqual(new Set([1]));
  });

  test("one that is resumed while it is being paused continues", async () => {
    const id = await stepsTaken();
    const of = { webhookId: world.webhookId, id };
    const both = Promise.all([world.runs.pause(of), world.runs.resume(of)]);
    world.allowSteps(null);
    await both;
    expect(await world.ended(id)).toMatchObject({ state: "done", replayed: 600 });
  });

  test("a cancelled one makes nothing more due, and cannot be resumed", async () => {
    const id = await stepsTaken();
    const of = { webhookId: world.webhookId, id };
    await world.runs.cancel(of);
    world.allowSteps(null);
    await world.quiet();
    const { state, replayed, reason } = await world.runs.get(of);
    expect([state, reason]).toEqual(["cancelled", null]);
    expect(world.fates().filter(({ replays }) => replays > 0)).toHaveLength(replayed);
    for (const change of [world.runs.pause, world.runs.resume, world.runs.cancel]) {
      expect(await appErrorOf(() => change(of))).toMatchObject({ kind: "conflict", code: "replay_ended" });
    }
  });
});

describe("live traffic goes first", () => {
  test("a target that answers slowly is given a bounded number, and the rest waits in the replay", async () => {
    const target = add();
    await sendAndSettle([target], 1_000);
    target.script = HANGS;
    const { id } = await world.begin({});
    const waits = async () => (await world.runs.get({ webhookId: world.webhookId, id })).targets;
    await world.until(async () => (await waits())[0]?.waitsFor === "due");
    const pending = world.fates().filter(({ status }) => status === "pending").length;
    expect(pending).toBeGreaterThan(0);
    expect(pending).toBeLessThanOrEqual(32);
    await world.quiet();
    const steps = world.steps();
    await world.quiet();
    expect(world.steps()).toBe(steps);
    expect(await waits()).toMatchObject([{ targetId: target.id, waitsFor: "due", replayed: pending }]);
  });

  test("a paused target is waited for, without a look at the file, until it is resumed", async () => {
    const target = add();
    await sendAndSettle([target], 10);
    world.change(target, { active: false });
    const { id } = await world.begin({});
    const of = { webhookId: world.webhookId, id };
    await world.until(async () => (await world.runs.get(of)).targets[0]?.waitsFor === "paused");
    await world.quiet();
    const steps = world.steps();
    await world.pass(60_000);
    expect([world.steps(), target.attempts.length]).toEqual([steps, 10]);
    world.change(target, { active: true });
    expect(await world.ended(id)).toMatchObject({ replayed: 10 });
  });
});

describe("deletions meanwhile", () => {
  test("a replay to a target that is deleted ends, and says why", async () => {
    const [old, fresh] = [add(), add()];
    await sendAndSettle([old], 600);
    world.allowSteps(2);
    const { id } = await world.begin({ targetId: fresh.id });
    await world.until(() => world.steps() === 2);
    world.change(fresh, { deleted: true });
    world.allowSteps(null);
    const run = await world.ended(id);
    expect(run).toMatchObject({ state: "cancelled", reason: "The target was deleted." });
    expect(run.replayed).toBeLessThan(600);
  });

  test("deliveries to a deleted target are left out and counted", async () => {
    const [kept, deleted] = [add(), add()];
    await sendAndSettle([kept, deleted], 10);
    world.change(deleted, { deleted: true });
    const { id } = await world.begin({});
    expect(await world.ended(id)).toMatchObject({ replayed: 10, skipped: 10, matched: { deliveries: 10 } });
    expect(deleted.attempts).toHaveLength(10);
  });

  test("a webhook that is deleted takes its replays along", async () => {
    const target = add();
    await sendAndSettle([target], 600);
    world.allowSteps(1);
    const { id } = await world.begin({});
    await world.until(() => world.steps() === 1);
    await world.deleteFile(world.webhookId);
    world.allowSteps(null);
    await world.quiet();
    const error = await appErrorOf(() => world.runs.get({ webhookId: world.webhookId, id }));
    expect(error.kind).toBe("not_found");
  });
});

test("counts beyond a limit at once are refused", async () => {
  await sendAndSettle([add()], 1);
  const order = { ...everything(), targetId: null, onlyMissing: false };
  const counts = Array.from({ length: 5 }, () => world.runs.count(world.webhookId, order));
  const ended = await Promise.allSettled(counts);
  expect(ended.map(({ status }) => status)).toEqual([...Array(4).fill("fulfilled"), "rejected"]);
  expect(await world.runs.count(world.webhookId, order)).toMatchObject({ events: 1 });
});

test("unknown replays and targets are refused, and so are too many replays", async () => {
  const target = add();
  const stranger = world.addTarget();
  await sendAndSettle([target], 1);
  for (const targetId of [newId(), stranger.id]) {
    expect((await appErrorOf(() => world.begin({ targetId }))).kind).toBe("not_found");
  }
  const of = { webhookId: world.webhookId, id: newId() };
  for (const ask of [world.runs.get, world.runs.pause, world.runs.cancel]) {
    expect((await appErrorOf(() => ask(of))).kind).toBe("not_found");
  }
  world.change(target, { active: false });
  for (let count = 0; count < 20; count++) await world.begin({});
  expect(await appErrorOf(() => world.begin({}))).toMatchObject({ code: "too_many_replays" });
});
