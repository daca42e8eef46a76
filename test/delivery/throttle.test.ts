/** Targets that are down, slow, rate-limited or ordered: what waits, what is sent, and that nothing is lost or stuck. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { listLedgerFaults } from "../../src/storage/event-db/numbers/ledger.ts";
import { createWorld, type World } from "./delivery-world.ts";
import { answered, DELIVERED, FAILED, gate, type WorldTarget } from "./scripted-targets.ts";

const MINUTE = 60_000;

let world: World;

beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.dispose());

async function countsOf(target: WorldTarget) {
  const counts = (await world.events.targetOverviews(target.webhookId)).get(target.id)?.counts;
  if (!counts) throw new Error("no delivery was ever made");
  return counts;
}

async function expectAllDelivered(target: WorldTarget, count: number): Promise<void> {
  expect(await countsOf(target)).toEqual({ pending: 0, delivered: count, failed: 0, held: 0, discarded: 0 });
  expect(listLedgerFaults(world.files.open(target.webhookId).db)).toEqual([]);
}

/** The most attempts that began within any period. */
function mostWithin(times: readonly number[], periodMs: number): number {
  let first = 0;
  let most = 0;
  for (const [index, at] of times.entries()) {
    while ((times[first] ?? 0) <= at - periodMs) first++;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

test("a target that fails for an hour and recovers gets everything, in order, without a flood", async () => {
  const rate = { limit: 20, periodMs: 1_000 };
  const target = world.addTarget({ policy: { rate_limit: rate.limit, order_by: "key" }, maxAttempts: 12 });
  const times: number[] = [];
  const arrived = new Map<string, number[]>();
  let isDown = true;
  target.script = ({ event }) => {
    times.push(world.clock.monotonic());
    if (isDown) return FAILED;
    const [key = "", n = "0"] = event.query.split("=");
    arrived.set(key, [...(arrived.get(key) ?? []), Number(n)]);
    return DELIVERED;
  };
  let sent = 0;
  for (let minute = 0; minute < 60; minute++) {
    // Eleven lanes, and events in none.
    const keys = [...Array.from({ length: 11 }, (_, index) => `lane-${index}`), ""];
    await Promise.all(keys.map((key) => world.sendInLane(target, key, `${key}=${minute}`)));
    sent += keys.length;
    await world.pass(MINUTE, 10_000);
  }
  const whileDown = target.attempts.length;
  expect(whileDown).toBeLessThan(60);
  expect((await countsOf(target)).pending).toBe(sent);
  expect(await world.engine.describe(target.webhookId, [target.id])).toMatchObject([
    { circuit: { state: "open", reason: "10 consecutive attempts failed." } },
  ]);

  isDown = false;
  await world.pass(6 * MINUTE, 5_000);
  await world.pass(2 * MINUTE, 50);
  await expectAllDelivered(target, sent);
  for (const [key, numbers] of arrived) {
    if (key !== "") expect(numbers).toEqual(Array.from({ length: 60 }, (_, index) => index));
  }
  expect(mostWithin(times, rate.periodMs)).toBeLessThanOrEqual(rate.limit);
  expect(target.overlaps).toEqual([]);
}, 60_000);

describe("a circuit", () => {
  test("that is open costs probes and counts no attempt of those that wait", async () => {
    const target = world.addTarget({ script: () => FAILED });
    const eventIds = await world.send([target], 200);
    await world.quiet();
    await world.pass(30 * MINUTE);
    expect(target.attempts.length).toBeLessThan(40);
    const fates = await Promise.all(eventIds.map((id) => world.fate(target, id)));
    expect(fates.every(({ status }) => status === "pending")).toBe(true);
    expect(fates.filter(({ attempts }) => attempts === 0).length).toBeGreaterThan(160);
    target.script = () => DELIVERED;
    await world.pass(6 * MINUTE);
    await world.until(async () => (await countsOf(target)).delivered === 200);
  });

  test("stays open over a restart and is told to whoever listens; a person can close it", async () => {
    const target = world.addTarget({ script: () => FAILED });
    await world.send([target], 50);
    await world.quiet();
    const openedAt = world.clock.now();
    await world.pass(5_000);
    await world.engine.stop(0);
    const before = target.attempts.length;
    await world.restart().start([target.webhookId]);
    await world.quiet();
    expect(target.attempts.length).toBe(before);
    const [state] = await world.engine.describe(target.webhookId, [target.id]);
    expect(state?.circuit).toMatchObject({ state: "open", since: openedAt });
    expect(world.engine.openCircuits()).toBe(1);

    target.script = () => DELIVERED;
    await world.engine.resetCircuit({ webhookId: target.webhookId, targetId: target.id });
    await world.quiet();
    await world.pass(10_000, 1_000);
    await expectAllDelivered(target, 50);
    expect(world.engine.openCircuits()).toBe(0);
    expect(world.told.map(({ what }) => what)).toEqual(["opened", "closed"]);
  });

  test("does not open for answers that refuse single events, and not where it is switched off", async () => {
    const refusing = world.addTarget({ script: () => answered(422) });
    const policy = { circuit_failures: null };
    const stubborn = world.addTarget({ script: () => FAILED, policy });
    for (const target of [refusing, stubborn]) {
      await world.send([target], 60);
      await world.until(() => target.attempts.length === 60);
    }
    expect(world.engine.openCircuits()).toBe(0);
  });
});

describe("a limit", () => {
  test("on the rate holds over retries, and over a restart", async () => {
    const rate = { limit: 5, periodMs: MINUTE };
    const target = world.addTarget({
      script: () => answered(500),
      policy: { rate_limit: rate.limit, rate_period: "minute" },
    });
    const times: number[] = [];
    target.script = () => {
      times.push(world.clock.now());
      return times.length % 2 === 0 ? DELIVERED : answered(500);
    };
    await world.send([target], 8);
    await world.quiet();
    await world.pass(2 * MINUTE, 1_000);
    await world.engine.stop(0);
    await world.restart().start([target.webhookId]);
    await world.quiet();
    await world.pass(5 * MINUTE, 1_000);
    await expectAllDelivered(target, 8);
    expect(times.length).toBeGreaterThan(10);
    expect(mostWithin(times, rate.periodMs)).toBe(5);
  });

  test("on attempts at once is kept", async () => {
    const { opened, open } = gate();
    const target = world.addTarget({
      script: () => opened.then(() => DELIVERED),
      policy: { max_concurrency: 3 },
    });
    await world.send([target], 200);
    await world.quiet();
    expect(target.running).toBe(3);
    open();
    await world.until(async () => (await countsOf(target)).delivered === 200);
    expect(target.mostRunning).toBe(3);
  });
});

describe("a wish for rest", () => {
  test("that came for two events holds all of the target's deliveries, and spends none of their attempts", async () => {
    const target = world.addTarget({
      script: () => answered(429, 5 * MINUTE),
      policy: { max_concurrency: 2 },
    });
    await world.send([target], 20);
    await world.quiet();
    target.script = () => DELIVERED;
    await world.pass(5 * MINUTE - 10_000);
    expect(target.attempts.length).toBe(2);
    const [state] = await world.engine.describe(target.webhookId, [target.id]);
    expect(state?.restsUntil).toBe(world.clock.now() + 10_000);
    await world.pass(MINUTE);
    await expectAllDelivered(target, 20);
  });

  test("is not read into a 503 that comes between successes and names no time", async () => {
    let attempts = 0;
    const target = world.addTarget({ script: () => (++attempts % 4 === 0 ? answered(503) : DELIVERED) });
    await world.send([target], 20);
    await world.quiet();
    expect(target.attempts.length).toBe(20);
    const [state] = await world.engine.describe(target.webhookId, [target.id]);
    expect(state?.restsUntil).toBeNull();
  });

  test("is read into three in a row", async () => {
    const target = world.addTarget({ script: () => answered(503), policy: { max_concurrency: 1 } });
    await world.send([target], 20);
    await world.quiet();
    expect(target.attempts.length).toBe(3);
  });

  test("that names no time grows until the target answers well, and opens no circuit", async () => {
    const target = world.addTarget({ script: () => answered(429), policy: { max_concurrency: 1 } });
    await world.send([target], 100);
    await world.quiet();
    await world.pass(MINUTE, 500);
    expect(target.attempts.length).toBeLessThanOrEqual(7);
    expect(world.engine.openCircuits()).toBe(0);
    target.script = () => DELIVERED;
    await world.pass(2 * MINUTE, 1_000);
    await expectAllDelivered(target, 100);
  });
});
