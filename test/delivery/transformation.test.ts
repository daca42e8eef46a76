import { afterEach, describe, expect, test } from "bun:test";
import type { Transform, Transformed } from "../../src/targets/transformations/transformer.ts";
import { createWorld, type World } from "./delivery-world.ts";
import { DELIVERED, FAILED } from "./scripted-targets.ts";

let world: World;
afterEach(() => world.dispose());

/** Code that says what comes of it: "send", "drop", "fail" or "later". */
const transform: Transform = async ({ code, event }) => {
  const body = new TextEncoder().encode(code.key);
  const outcomes: Record<string, Transformed> = {
    send: { kind: "request", event: { ...event, method: "PUT", body } },
    drop: { kind: "dropped" },
    fail: { kind: "failed", fault: { message: "TypeError: no", line: 4, column: 11 } },
    later: { kind: "unavailable", error: "it does not start" },
  };
  const outcome = outcomes[code.source];
  if (!outcome) throw new Error("no such code");
  return { ...outcome, micros: 1, lines: [] };
};

async function deliver(code: string, script = () => DELIVERED) {
  world = createWorld({ transform });
  const target = world.addTarget({ script });
  world.change(target, { transformation: { version: 3, code } });
  const [eventId = ""] = await world.send([target]);
  await world.quiet();
  return { target, eventId, fate: () => world.fate(target, eventId) };
}

describe("a target's transformation", () => {
  test("changes what the target gets, at each attempt, and the result names its version", async () => {
    const { target, fate } = await deliver("send", () => FAILED);
    world.change(target, { transformation: { version: 4, code: "send" } });
    target.script = () => DELIVERED;
    await world.pass(60_000);
    const got = target.attempts.map(({ event }) => [event.method, new TextDecoder().decode(event.body)]);
    expect(got).toEqual([
      ["PUT", `${target.id}:3`],
      ["PUT", `${target.id}:4`],
    ]);
    const { status, results } = await fate();
    expect(status).toBe("delivered");
    expect(results.map(({ transformationVersion }) => transformationVersion)).toEqual([3, 4]);
  });

  test("that drops the delivery has it discarded, and the target is not asked", async () => {
    const { target, fate } = await deliver("drop");
    expect(await fate()).toMatchObject({
      status: "discarded",
      reason: "Dropped by the transformation (version 3).",
      results: [{ error: null, transformationVersion: 3, transformationFailed: false }],
    });
    expect(target.attempts).toEqual([]);
    expect(world.givenUp).toEqual([]);
    const overview = await world.events.targetOverviews(target.webhookId);
    expect(overview.get(target.id)).toMatchObject({ lastResult: null, counts: { discarded: 1 } });
  });

  test("that fails gives the delivery up at once, with the place, and tells the owner", async () => {
    const { target, fate } = await deliver("fail");
    const reason = "The transformation (version 3) failed: TypeError: no (line 4, column 11)";
    expect(await fate()).toMatchObject({
      status: "failed",
      attempts: 1,
      reason,
      results: [{ error: reason, transformationVersion: 3, transformationFailed: true }],
    });
    expect(target.attempts).toEqual([]);
    expect(world.givenUp).toEqual([reason]);
  });

  test("that fails for however many events opens no circuit", async () => {
    const { target } = await deliver("fail");
    await world.send([target], 30);
    await world.until(() => world.givenUp.length === 31);
    expect(world.told).toEqual([]);
    world.change(target, { transformation: { version: 4, code: "send" } });
    await world.send([target], 5);
    await world.until(() => target.attempts.length === 5);
  });

  test("that could not run is tried again later", async () => {
    const { target, fate } = await deliver("later");
    expect(await fate()).toMatchObject({ status: "pending", attempts: 1, results: [{ statusCode: null }] });
    world.change(target, { transformation: { version: 3, code: "send" } });
    await world.pass(60_000);
    expect(await fate()).toMatchObject({ status: "delivered", attempts: 2 });
  });
});

test("deliveries of other targets do not wait for a transformation that takes long", async () => {
  const started = Promise.withResolvers<void>();
  world = createWorld({
    transform: async (order) => {
      if (order.code.source === "slow") await started.promise;
      return transform({ ...order, code: { ...order.code, source: "send" } });
    },
  });
  const slow = world.addTarget();
  const other = world.addTarget();
  world.change(slow, { transformation: { version: 1, code: "slow" } });
  world.change(other, { transformation: { version: 1, code: "send" } });
  await world.send([slow], 50);
  await world.send([other], 50);
  await world.until(() => other.attempts.length === 50);
  expect(slow.attempts).toEqual([]);
  started.resolve();
  await world.until(() => slow.attempts.length === 50);
});

describe("a replay of those that failed by the transformation", () => {
  test("takes exactly those", async () => {
    const { target, eventId } = await deliver("fail");
    world.change(target, { transformation: null });
    target.script = () => ({ kind: "failed", retryable: false, error: "HTTP 400", response: null });
    const [refused = ""] = await world.send([target]);
    await world.quiet();
    expect(await world.fate(target, refused)).toMatchObject({ status: "failed" });
    const page = await world.events.searchEvents(target.webhookId, {
      limit: 10,
      cursor: null,
      filter: { status: "failed", targetId: target.id, transformationFailed: true },
      signal: new AbortController().signal,
      asker: "ada",
    });
    expect(page.events.map(({ id }) => id)).toEqual([eventId]);
  });
});
