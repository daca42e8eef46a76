import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
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

const code = (body: string) => ({ transformation: { code: `function transform(payload) { ${body} }` } });

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

test("the form shows the trial with the requests before and after, and what was typed", async () => {
  const form = {
    name: "Warehouse",
    try: "filter",
    "transformation.code": "function transform(payload) { return { seen: payload.n } }",
  };
  const answer = await app.ask(`${app.path}/targets/${app.target.id}/edit`, { form });
  const page = await answer.text();
  expect(answer.status).toBe(200);
  expect(page).toContain("Of 60 transformed events 60 would be sent.");
  expect(page).toContain("+   &quot;seen&quot;: 59");
  expect(page).toContain("seen: payload.n");
});
