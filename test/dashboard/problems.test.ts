import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { startTestEvents, type TestEvents } from "../support/test-events.ts";

let app: TestEvents;

beforeEach(async () => {
  app = await startTestEvents();
});
afterEach(() => app.stop());

async function html(path: string, as = app.ada): Promise<string> {
  const response = await app.ask(path, { as });
  expect([path, response.status]).toEqual([path, 200]);
  return response.text();
}

const words = (page: string) => page.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
const countIn = (page: string) => /class="nav-count">(\d+)/.exec(page)?.[1] ?? null;
const hrefs = (page: string) =>
  [...page.matchAll(/href="([^"]+)"/g)].map(([, href]) => (href ?? "").replaceAll("&amp;", "&"));

/** A delivery is given up, as nobody gets notices of this webhook. */
async function fail(): Promise<string> {
  const event = await app.addEvent();
  await app.addEvent();
  await app.addAttempt(event.id, {
    status: "failed",
    nextAttemptAt: null,
    reason: "Gave up.",
    result: { statusCode: 503, error: null },
  });
  app.notices.targetGivenUp({ webhookId: app.webhook.id, targetId: app.target.id, reason: "Gave up <b>." });
  app.notices.flush();
  const [problem] = app.mainDb.problems.listOpen();
  if (!problem) throw new Error("there is no problem");
  return problem.id;
}

describe("an open problem", () => {
  test("is shown with what, since when, the last answer, what waits, and the ways to it", async () => {
    expect(words(await html("/problems"))).toContain("No open problems");
    await fail();
    const page = await html("/problems");
    const text = words(page);
    expect(text).toContain("Target “Warehouse” is failing; deliveries have been given up");
    expect(text).toContain("Gave up &lt;b&gt;.");
    expect(text).toContain("1 delivery waits, 1 failed · last attempt");
    expect(text).toMatch(/last attempt [^:]+:\d\d:\d\d UTC : 503/);
    const from = encodeURIComponent(new Date(app.clock.now()).toISOString().slice(0, 16));
    const filter = `from=${from}&target=${app.target.id}&status=failed`;
    expect(hrefs(page)).toContain(`${app.path}/logs?${filter}`);
    const repair = `${app.path}/replays/new?${filter}`;
    expect(hrefs(page)).toContain(repair);
    expect(words(await html(`${repair}&counted=1`))).toContain("1 event");
  });

  test("is counted in the navigation until somebody acknowledges it, and for its owner only", async () => {
    expect(countIn(await html("/sources"))).toBeNull();
    const id = await fail();
    expect(countIn(await html("/sources"))).toBe("1");
    expect(countIn(await html("/sources", app.bob))).toBeNull();
    expect(words(await html("/problems", app.bob))).toContain("No open problems");
    const path = `/problems/${id}/acknowledge`;
    expect((await app.ask(path, { as: app.bob, form: { note: "mine" } })).status).toBe(404);
    expect((await app.ask(path, { form: { note: "called <them>" } })).status).toBe(303);
    const page = await html("/problems");
    expect(countIn(page)).toBeNull();
    expect(words(page)).toMatch(/Acknowledged by ada .*: called &lt;them&gt;/);
    expect((await app.ask(path, { form: { note: "x".repeat(501) } })).status).toBe(422);
  });
});

test("a problem that is over is listed as past, with how long it lasted, and can't be acknowledged", async () => {
  const id = await fail();
  app.notices.targetDelivered({ webhookId: app.webhook.id, targetId: app.target.id });
  app.clock.advance(6 * 60_000);
  app.notices.flush();
  expect(words(await html("/problems"))).toContain("No open problems");
  const past = words(await html("/problems?state=over"));
  expect(past).toContain("Target “Warehouse” is failing");
  expect(past).toMatch(/lasted \d min/);
  expect((await app.ask(`/problems/${id}/acknowledge`, { form: {} })).status).toBe(409);
});

test("a webhook's deleted target has no open problem", async () => {
  await fail();
  await app.useCases.targets.remove({ ...app.of, targetId: app.target.id });
  app.notices.pass();
  app.notices.flush();
  expect(countIn(await html("/sources"))).toBeNull();
});

describe("refused requests", () => {
  test("are a badge on the list and the webhook's page, with the reasons at the entrypoint", async () => {
    const send = (method: string) => fetch(`${app.url}/webhook/${app.entrypoint.id}`, { method });
    for (const method of ["GET", "GET", "PUT"]) expect((await send(method)).status).toBe(405);
    for (const path of ["/sources", app.path]) expect(await html(path)).toContain(">3 refused</span>");
    expect(words(await html(app.path))).toContain(
      "3 requests refused in the last 24 hours: 3 had a method that is not accepted.",
    );
    app.clock.advance(25 * 3_600_000);
    const entrypointId = app.entrypoint.id;
    await app.useCases.entrypoints.update({ ...app.of, entrypointId, input: { max_body_bytes: 1 } });
    const large = await fetch(`${app.url}/webhook/${entrypointId}`, { method: "POST", body: "large" });
    expect(large.status).toBe(413);
    expect(words(await html(app.path))).toContain(
      "1 request refused in the last 24 hours: 1 exceeded the size limit.",
    );
    app.clock.advance(25 * 3_600_000);
    expect(await html("/sources")).not.toContain("refused");
  });

  test("in a row are a problem until one is accepted, and none if events come in between", async () => {
    const send = async (method: string, times = 1) => {
      for (let n = 0; n < times; n++) await fetch(`${app.url}/webhook/${app.entrypoint.id}`, { method });
    };
    await send("GET", 15);
    await send("POST");
    app.clock.advance(10 * 60_000);
    await send("GET", 15);
    expect(words(await html("/problems"))).toContain("No open problems");
    app.clock.advance(10 * 60_000);
    await send("GET", 5);
    app.notices.flush();
    const page = await html("/problems");
    expect(words(page)).toContain("Entrypoint “Orders” refuses every request");
    expect(hrefs(page)).toContain(`${app.path}/rejected?entrypoint=${app.entrypoint.id}`);
    await send("POST");
    app.notices.flush();
    expect(words(await html("/problems"))).toContain("No open problems");
  });
});
