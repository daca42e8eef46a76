import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Transform } from "../../src/targets/transformations/transformer.ts";
import { createTransformationTrials } from "../../src/webhooks/target-trials/transformation-trials.ts";
import { startTestEvents, type TestEvents } from "../support/test-events.ts";
import { appErrorOf } from "../support/thrown.ts";

// Starts the sandbox's process.
setDefaultTimeout(60_000);

let app: TestEvents;
beforeAll(async () => {
  app = await startTestEvents();
  const input = { transformation: { code: "function transform(payload) { return { n: payload.n } }" } };
  await app.useCases.targets.update({ ...app.of, targetId: app.target.id, input });
  for (let n = 0; n < 60; n++) {
    app.clock.advance(1_000);
    await app.addEvent({ type: n % 2 === 0 ? "even" : "odd", body: JSON.stringify({ n }) });
  }
});
afterAll(() => app.stop());

const tryIt = async (input: unknown) => {
  const trial = await app.targetTrials.transformation.run({ ...app.of, targetId: app.target.id, input });
  if (trial === null) throw new Error("nothing was tried");
  return trial;
};

const sendsAll: Transform = async ({ event }) => ({ kind: "request", event, micros: 1, lines: [] });

const code = (body: string) => ({ transformation: { code: `function transform(payload) { ${body} }` } });

test("the form shows the trial with the requests before and after, and what was typed", async () => {
  const form = {
    name: "Warehouse",
    try: "filter",
    "transformation.code": "function transform(payload) { return { seen: payload.n } }",
  };
  const answer = await app.ask(`${app.path}/targets/${app.target.id}/edit`, { form });
  const page = await answer.text();
  expect(answer.status).toBe(200);
  expect(page).toContain("60 transformed events: 60 would be sent.");
  expect(page).toContain("+   &quot;seen&quot;: 59");
  expect(page).toContain("seen: payload.n");
});

describe("a trial of a transformation", () => {
  test("counts what would be sent, dropped and fail, and what would be another request than now", async () => {
    const trial = await tryIt(
      code(`if (payload.n < 10) return null;
        if (payload.n === 20) throw new TypeError("no");
        return payload.n < 30 ? { n: payload.n } : { n: payload.n, more: true };`),
    );
    expect(trial).toMatchObject({
      tried: 60,
      isWhole: true,
      outcomes: { request: 49, dropped: 10, failed: 1, unavailable: 0 },
      changes: 10 + 1 + 30,
    });
    expect(trial.micros.most).toBeGreaterThanOrEqual(trial.micros.mean);
  });

  test("lists failures first, then changes, the newest first, each with its request", async () => {
    const trial = await tryIt(code(`if (payload.n === 5) throw new TypeError("no"); return [payload.n];`));
    const [first, second] = trial.listed;
    expect(first?.run).toMatchObject({ kind: "failed", fault: { message: "TypeError: no", line: 1 } });
    expect(second?.run.kind === "request" && new TextDecoder().decode(second.run.event.body)).toBe("[59]");
    expect(trial.listed).toHaveLength(20);
  });

  test("looks at as many events as it is told, from the newest", async () => {
    const trial = await tryIt({ ...code("return payload"), last: 3 });
    expect(trial.tried).toBe(3);
    expect(trial.changes).toBe(0);
  });

  test("leaves out what the target does not want, by what is proposed or else saved", async () => {
    expect((await tryIt({ ...code("return payload"), event_types: ["even"] })).tried).toBe(30);
  });

  test("may be of no transformation, or of an earlier version", async () => {
    expect((await tryIt({ transformation: null })).changes).toBe(0);
    expect((await tryIt({ transformation: { version: 1 } })).changes).toBe(0);
    const missing = () => tryIt({ transformation: { version: 7 } });
    expect((await appErrorOf(missing)).kind).toBe("not_found");
  });

  test("saves nothing", async () => {
    await tryIt(code("return 1"));
    const target = await app.useCases.targets.get({ ...app.of, targetId: app.target.id });
    expect(target.transformation?.version).toBe(1);
  });

  test("does not even read events whose bodies are too large, and says so", async () => {
    const large = await app.addEvent({ type: "large", body: "x".repeat(4 * 1024 * 1024 + 1) });
    const read: string[] = [];
    const trials = createTransformationTrials({
      ...app,
      transform: sendsAll,
      events: {
        searchEvents: app.store.searchEvents,
        findEvent(webhookId, id) {
          read.push(id);
          return app.store.findEvent(webhookId, id);
        },
      },
    });
    const input = { ...code("return payload"), last: 3 };
    const trial = await trials.run({ ...app.of, targetId: app.target.id, input });
    expect(trial).toMatchObject({ tried: 2, skipped: 1, isWhole: true });
    expect(read).toHaveLength(2);
    expect(read).not.toContain(large.id);
    const form = { name: "Warehouse", try: "filter", "transformation.code": "function transform() {}" };
    const page = await (await app.ask(`${app.path}/targets/${app.target.id}/edit`, { form })).text();
    expect(page).toContain("Not tried, body over 4 MiB: 1 event.");
  });

  test("holds few large bodies at the same time, and lists few", async () => {
    for (let n = 0; n < 12; n++) await app.addEvent({ body: "y".repeat(3 * 1024 * 1024) });
    let [held, most] = [0, 0];
    const trials = createTransformationTrials({
      ...app,
      events: app.store,
      async transform(order) {
        // Each event is run twice: by the code that is tried, and by the saved one.
        held += order.event.body.byteLength / 2;
        most = Math.max(most, held);
        await new Promise((resolve) => setImmediate(resolve));
        held -= order.event.body.byteLength / 2;
        return sendsAll(order);
      },
    });
    const input = { ...code("return payload"), last: 12 };
    const trial = await trials.run({ ...app.of, targetId: app.target.id, input });
    expect(trial).toMatchObject({ tried: 12, skipped: 0 });
    expect(most).toBe(6 * 1024 * 1024);
    expect(trial?.listed).toHaveLength(1);
  });

  test("waits for the same user's trial before it, and is refused if too many wait", async () => {
    let [running, most] = [0, 0];
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const trials = createTransformationTrials({
      ...app,
      events: app.store,
      async transform(order) {
        running++;
        most = Math.max(most, running);
        await mayEnd;
        running--;
        return sendsAll(order);
      },
    });
    const run = () =>
      trials.run({ ...app.of, targetId: app.target.id, input: { transformation: { version: 1 }, last: 1 } });
    const begun = Array.from({ length: 4 }, run);
    const refused = await appErrorOf(run);
    expect([refused.kind, refused.code]).toEqual(["unavailable", "busy"]);
    end();
    for (const trial of await Promise.all(begun)) expect(trial?.tried).toBe(1);
    // By the version that is tried, and by the saved one.
    expect(most).toBe(2);
  });

  test("is nobody else's to make", async () => {
    const run = () =>
      app.targetTrials.transformation.run({
        ...app.of,
        userId: app.bob,
        targetId: app.target.id,
        input: code("return 1"),
      });
    expect((await appErrorOf(run)).kind).toBe("not_found");
  });
});
