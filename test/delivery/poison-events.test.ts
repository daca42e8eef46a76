/** Events that a target always fails, among events that it accepts: how long they delay the others. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Outcome } from "../../src/targets/target-type.ts";
import { createWorld, type World } from "./delivery-world.ts";
import { answered, DELIVERED, FAILED, HANGS, type Script, type WorldTarget } from "./scripted-targets.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let world: World;

beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.dispose());

/** Fails the named events and accepts all others. */
function poisonedBy(bad: ReadonlySet<string>, outcome: () => Outcome = () => answered(500)): Script {
  return ({ event }) => (bad.has(event.id) ? outcome() : DELIVERED);
}

async function statusesOf(target: WorldTarget, eventIds: readonly string[]): Promise<string[]> {
  return Promise.all(eventIds.map(async (id) => (await world.fate(target, id)).status));
}

async function circuitOf(target: WorldTarget) {
  const [state] = await world.engine.describe(target.webhookId, [target.id]);
  return state?.circuit;
}

/** Sends good events after a bad batch, one a second; returns how many seconds the slowest took. */
async function sendGood(target: WorldTarget, count: number): Promise<number> {
  const sent = new Map<string, number>();
  let slowest = 0;
  for (let second = 0; second < count + 120 && (second < count || sent.size > 0); second++) {
    if (second < count) for (const id of await world.send([target])) sent.set(id, second);
    await world.pass(1_000, 250);
    for (const [id, at] of sent) {
      if ((await world.fate(target, id)).status !== "delivered") continue;
      slowest = Math.max(slowest, second - at);
      sent.delete(id);
    }
  }
  expect([...sent.keys()]).toEqual([]);
  return slowest;
}

describe("events that are answered 500", () => {
  for (const count of [1, 12, 60, 400]) {
    test(`hold others back for seconds, be there ${count} of them`, async () => {
      const target = world.addTarget();
      const bad = new Set(await world.send([target], count));
      target.script = poisonedBy(bad);
      await world.quiet();
      expect(await sendGood(target, 40)).toBeLessThan(10);
      // Their own attempts are spent at their own times.
      const attempts = target.attempts.filter(({ event }) => bad.has(event.id)).length;
      expect(attempts).toBeLessThanOrEqual(count * 6);
    });
  }

  test("hold others back for seconds where each bad one comes with a good one", async () => {
    const target = world.addTarget();
    const bad = new Set<string>();
    target.script = poisonedBy(bad);
    const good: string[] = [];
    for (let second = 0; second < 60; second++) {
      good.push(...(await world.send([target])));
      // Nothing is attempted before the pass.
      for (const id of await world.send([target], 2)) bad.add(id);
      await world.pass(1_000, 250);
    }
    await world.pass(10_000, 500);
    expect(new Set(await statusesOf(target, good))).toEqual(new Set(["delivered"]));
  });

  test("hold back, with an order key, what has the same key only", async () => {
    const target = world.addTarget({ policy: { order_by: "key" } });
    target.script = ({ event }) => (event.query.startsWith("bad") ? answered(500) : DELIVERED);
    for (let lane = 0; lane < 30; lane++) {
      await world.sendInLane(target, `bad-${lane}`, `bad=${lane}`);
      await world.sendInLane(target, `bad-${lane}`, `behind=${lane}`);
      await world.sendInLane(target, `good-${lane}`, `good=${lane}`);
    }
    await world.quiet();
    await world.pass(30_000, 500);
    const seen = new Set(target.attempts.map(({ event }) => event.query));
    const good = Array.from({ length: 30 }, (_, lane) => `good=${lane}`);
    expect(good.filter((each) => !seen.has(each))).toEqual([]);
    expect([...seen].filter((each) => each.startsWith("behind"))).toEqual([]);
  });

  test("hold all others back where all are in one order", async () => {
    const target = world.addTarget({ policy: { order_by: "*" } });
    target.script = ({ event }) => (event.query === "first" ? answered(500) : DELIVERED);
    for (const query of ["first", "second", "third"]) await world.sendInLane(target, "*", query);
    await world.quiet();
    await world.pass(10 * MINUTE);
    expect(new Set(target.attempts.map(({ event }) => event.query))).toEqual(new Set(["first"]));
  });

  test("count once each: one event that fails again and again opens no circuit", async () => {
    const policy = { retry_strategy: "linear", retry_delay_seconds: 1 };
    const target = world.addTarget({ policy, maxAttempts: null, script: () => answered(500) });
    await world.send([target], 9);
    await world.quiet();
    await world.pass(2 * MINUTE, 500);
    expect(target.attempts.length).toBeGreaterThan(200);
    expect((await circuitOf(target))?.state).toBe("closed");
    await world.send([target]);
    await world.pass(3_000, 500);
    expect((await circuitOf(target))?.state).toBe("open");
  });

  test("say nothing of the target after another was taken, though it opens at a share of failures", async () => {
    const policy = {
      circuit_failures: null,
      circuit_failure_rate: 50,
      retry_strategy: "linear",
      retry_delay_seconds: 1,
      retry_jitter_percent: 0,
    };
    const target = world.addTarget({ policy, maxAttempts: null });
    const bad = new Set(await world.send([target], 5));
    target.script = poisonedBy(bad);
    await world.quiet();
    await world.send([target]);
    for (let second = 0; second < 90; second++) await world.pass(1_000, 500);
    expect((await circuitOf(target))?.state).toBe("closed");
  });
});

describe("a target that is down", () => {
  const failures: Readonly<Record<string, Script>> = {
    "answers 500 to everything": () => answered(500),
    "answers nothing": () => FAILED,
    "answers 500 or nothing by turns": ({ event }) => (event.id.charCodeAt(35) % 2 ? answered(500) : FAILED),
  };
  for (const [what, script] of Object.entries(failures)) {
    test(`and ${what} is probed at growing intervals, and gets everything when it is back`, async () => {
      const target = world.addTarget({ script });
      const eventIds = [...(await world.send([target], 100))];
      await world.quiet();
      await world.pass(HOUR, 5_000);
      // Eight at once before the circuit opened, then doubling waits up to five minutes.
      expect(target.attempts.length).toBeLessThan(40);
      expect((await circuitOf(target))?.state).toBe("open");
      const before = target.attempts.length;
      for (let minute = 0; minute < 60; minute++) {
        eventIds.push(...(await world.send([target])));
        await world.pass(MINUTE, 10_000);
      }
      expect(target.attempts.length - before).toBeLessThanOrEqual(14);
      target.script = () => DELIVERED;
      await world.pass(6 * MINUTE, 5_000);
      // Deliveries attempted while it was down wait for their own next time.
      await world.pass(3 * HOUR, 30_000);
      const statuses = await statusesOf(target, eventIds);
      expect(statuses.filter((status) => status === "delivered").length).toBeGreaterThan(140);
    });
  }

  test("is not excused by the event: timeouts of one event open the circuit", async () => {
    const policy = { retry_strategy: "linear", retry_delay_seconds: 1 };
    const target = world.addTarget({ policy, maxAttempts: null, script: () => FAILED });
    await world.send([target]);
    await world.quiet();
    await world.pass(30_000, 500);
    expect((await circuitOf(target))?.state).toBe("open");
  });

  test("is known to work again by an attempt that began before the circuit opened", async () => {
    const target = world.addTarget({ policy: { circuit_failures: 5 } });
    const answer = Promise.withResolvers<Outcome>();
    target.script = () => (target.attempts.length === 1 ? answer.promise : FAILED);
    await world.send([target], 20);
    await world.quiet();
    expect((await circuitOf(target))?.state).toBe("open");
    target.script = HANGS;
    answer.resolve(DELIVERED);
    await world.quiet();
    expect((await circuitOf(target))?.state).toBe("closed");
    expect(world.told.map(({ what }) => what)).toEqual(["opened", "closed"]);
  });
});

describe("a wish for a long rest", () => {
  test("that came for one event is tested with another within a minute", async () => {
    const target = world.addTarget({ policy: { max_concurrency: 1 } });
    const bad = new Set(await world.send([target]));
    target.script = poisonedBy(bad, () => answered(429, 6 * HOUR));
    await world.quiet();
    const good = await world.send([target], 10);
    await world.pass(20_000, 1_000);
    expect(target.attempts.length).toBe(1);
    await world.pass(40_000, 1_000);
    expect(new Set(await statusesOf(target, good))).toEqual(new Set(["delivered"]));
    const [state] = await world.engine.describe(target.webhookId, [target.id]);
    expect(state?.restsUntil).toBeNull();
  });

  test("is kept where the other event is answered so too", async () => {
    const script = () => answered(429, 30 * MINUTE);
    const target = world.addTarget({ script, policy: { max_concurrency: 1 } });
    await world.send([target], 10);
    await world.quiet();
    await world.pass(29 * MINUTE, 5_000);
    expect(target.attempts.length).toBe(2);
    expect(new Set(target.attempts.map(({ event }) => event.id)).size).toBe(2);
    target.script = () => DELIVERED;
    await world.pass(3 * MINUTE, 1_000);
    expect(target.attempts.length).toBe(12);
  });

  test("that a batch of events brings is over for the others after the first rest", async () => {
    const target = world.addTarget();
    const bad = new Set(await world.send([target], 40));
    target.script = poisonedBy(bad, () => answered(429, 10 * MINUTE));
    await world.quiet();
    await world.pass(10 * MINUTE - 5_000, 5_000);
    expect(await sendGood(target, 60)).toBeLessThan(30);
  });

  test("is tested again where the test said nothing of it", async () => {
    const target = world.addTarget({ policy: { max_concurrency: 1 } });
    const [first] = await world.send([target]);
    target.script = ({ event }) => (event.id === first ? answered(429, HOUR) : answered(500));
    await world.quiet();
    await world.send([target], 5);
    await world.pass(5 * MINUTE, 1_000);
    const tested = target.attempts.length;
    expect(tested).toBeGreaterThan(3);
    expect(tested).toBeLessThan(12);
  });
});
