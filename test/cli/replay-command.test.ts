/** `webhooker replay EVENT --wait` against a running gateway: what it waits for, and what it says in the end. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { runCommand } from "../support/run-command.ts";
import { ADA_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

let api: TestApi;
let laptopId: string;
let eventId: string;

beforeEach(async () => {
  api = await startTestApi();
  ({ id: laptopId } = await api.useCases.targets.create({
    ...api.of,
    input: { name: "Laptop", type: "pull" },
  }));
  const targets = [api.target.id, laptopId].map((id) => ({ id, settlesAtIngest: false }));
  ({ id: eventId } = await api.addEvent({ targets }));
});
afterEach(() => api.stop());

/** Runs the command with a clock of its own. Nothing is waited for once `meanwhile` has nothing more to do. */
function replay(words: string, meanwhile: readonly (() => Promise<void>)[] = []) {
  const toDo = [...meanwhile];
  const environment = { HOME: "/nowhere", WEBHOOKER_URL: api.server.url, WEBHOOKER_API_KEY: ADA_TOKEN };
  return runCommand(["replay", eventId, ...words.split(" ")], {
    environment,
    clock: {
      ...createFakeClock(),
      after(_ms, fn) {
        const next = toDo.shift();
        if (!next) throw new Error("It waits on.");
        void next().then(fn);
        return () => undefined;
      },
    },
  });
}

const deliver = (replays = 1) =>
  api.events.settle(api.webhook.id, {
    eventId,
    targetId: api.target.id,
    replays,
    status: "delivered",
    nextAttemptAt: null,
    reason: null,
    result: {
      id: newId(),
      attempt: 1,
      startedAt: api.clock.now(),
      durationMs: 12,
      statusCode: 200,
      error: null,
      responseHeaders: [],
      responseBody: new Uint8Array(),
      responseBodyTruncated: false,
      transformationVersion: null,
      transformationFailed: false,
    },
  });

test("with a target it waits for the delivery to that one, not for one that nobody pulls", async () => {
  expect(await replay("--target Warehouse --wait", [deliver])).toEqual({
    code: 0,
    out: ["Delivers the event to 1 target again.", "Delivered."],
    err: [],
  });
});

test("a delivery that a paused target holds back is not called delivered", async () => {
  await api.useCases.targets.setPaused({ ...api.of, targetId: api.target.id, paused: true });
  const hold = async () => {
    const { clock, parts, webhook, target } = api;
    const of = { webhookId: webhook.id, targetId: target.id, now: clock.now() };
    await parts.storage.throttle.holdPending(of);
  };
  const { code, out, err } = await replay("--target Warehouse --wait", [hold]);
  expect([code, out]).toEqual([1, ["Delivers the event to 1 target again."]]);
  expect(err.join("\n")).toContain("1 delivery is held: its target is paused.");
});

test("a dry run of one event delivers nothing, and says to how many active targets it would", async () => {
  await deliver(0);
  await api.useCases.targets.setActive({ ...api.of, targetId: laptopId, active: false });
  const one = "Would deliver the event to 1 target again.";
  for (const words of ["--dry-run", "--dry-run --wait", "--target Laptop --dry-run"]) {
    expect(await replay(words)).toEqual({ code: 0, out: [one], err: [] });
  }
  const had = "The target has got the event before: nothing is delivered.";
  expect((await replay("--target Laptop --only-missing")).out).toEqual([had]);
  const deliveries = await api.events.listDeliveries(api.webhook.id, eventId);
  expect(deliveries.find(({ targetId }) => targetId === api.target.id)?.status).toBe("delivered");
});

test.each(["--since 2h", "--status failed", "--type a"])("%s beside an event is refused", async (words) => {
  const { code, err } = await replay(words);
  expect([code, err.join()]).toEqual([2, expect.stringContaining("leave them or the event out")]);
});

test("--only-missing without a target is refused", async () => {
  const { code, err } = await replay("--only-missing");
  expect([code, err.join()]).toEqual([2, expect.stringContaining("needs a --target")]);
});
