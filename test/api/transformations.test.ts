import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { z } from "zod";
import { newId } from "../../src/lib/ids.ts";
import { BOB_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

// These start the sandbox's process.
setDefaultTimeout(60_000);

let api: TestApi;
let targets: string;
beforeAll(async () => {
  api = await startTestApi();
  targets = `/webhooks/${api.webhook.id}/targets`;
});
afterAll(() => api.stop());

const version = z.object({ version: z.int(), code: z.string() });
const target = z.object({ id: z.string(), transformation: version.nullable() });
const refusal = z.object({
  error: z.object({ details: z.array(z.object({ path: z.string(), message: z.string() })) }),
});

const codeFor = (n: number) => `function transform(payload) { return { ...payload, by: ${n} } }`;

async function makeTarget(transformation?: unknown) {
  const json = { name: "Out", type: "log", ...(transformation !== undefined && { transformation }) };
  return api.call("POST", targets, { json });
}

async function madeTarget(transformation?: unknown) {
  const answer = await makeTarget(transformation);
  expect(answer.status).toBe(201);
  return target.parse(answer.body);
}

/** Changes the transformation, and returns what is in use then. */
async function change(id: string, transformation: unknown) {
  const { status, body } = await api.call("PATCH", `${targets}/${id}`, { json: { transformation } });
  expect(status).toBe(200);
  return target.parse(body).transformation;
}

async function listVersions(id: string): Promise<number[]> {
  const { body } = await api.call("GET", `${targets}/${id}/transformations`);
  return z
    .object({ data: z.array(version) })
    .parse(body)
    .data.map((each) => each.version);
}

describe("a target's transformation", () => {
  test("gets a version for each code, which stay, and may be used again", async () => {
    const { id, transformation } = await madeTarget({ code: codeFor(1) });
    expect(transformation).toEqual({ version: 1, code: codeFor(1) });
    expect(await change(id, { code: codeFor(2) })).toEqual({ version: 2, code: codeFor(2) });
    expect(await change(id, { code: codeFor(2) })).toEqual({ version: 2, code: codeFor(2) });
    expect(await change(id, null)).toBeNull();
    expect(await change(id, { version: 1 })).toEqual({ version: 1, code: codeFor(1) });
    expect(await change(id, { code: codeFor(3) })).toEqual({ version: 3, code: codeFor(3) });
    expect(await listVersions(id)).toEqual([3, 2, 1]);
  });

  test("is nothing that other changes of the target touch", async () => {
    const { id } = await madeTarget({ code: codeFor(1) });
    const { body } = await api.call("PATCH", `${targets}/${id}`, { json: { name: "Renamed" } });
    expect(target.parse(body).transformation).toEqual({ version: 1, code: codeFor(1) });
    expect((await madeTarget()).transformation).toBeNull();
  });

  test.each<[string, unknown, string, string]>([
    [
      "code that is no program",
      { code: "addHandler(\n  oh no" },
      "transformation.code",
      "(line 2, column 6)",
    ],
    ["code in no known shape", { code: "1 + 1" }, "transformation.code", "Call addHandler("],
    ["empty code", { code: " " }, "transformation.code", "must not be empty"],
    ["too much code", { code: "x".repeat(65_537) }, "transformation.code", "at most 65536"],
    ["a version that there is not", { version: 9 }, "transformation.version", "does not exist"],
    ["neither code nor version", {}, "transformation.code", "is required without version"],
  ])("is refused with its place: %s", async (_what, transformation, path, words) => {
    const { status, body } = await makeTarget(transformation);
    expect(status).toBe(422);
    const [detail] = refusal.parse(body).error.details;
    expect(detail?.path).toBe(path);
    expect(detail?.message).toContain(words);
  });

  test("is refused for a target that sends nothing", async () => {
    const json = { name: "Kept", type: "database", transformation: { code: codeFor(1) } };
    expect((await api.call("POST", targets, { json })).status).toBe(422);
  });

  test("is nobody else's to read", async () => {
    const { id } = await madeTarget({ code: codeFor(1) });
    const { status } = await api.call("GET", `${targets}/${id}/transformations`, { token: BOB_TOKEN });
    expect(status).toBe(404);
  });
});

/** Stores an attempt for the target that ran this version. */
async function addAttempt(targetId: string, ran: { version: number | null; failed: boolean }) {
  const event = await api.addEvent({ targets: [{ id: targetId, settlesAtIngest: false }] });
  const resultId = newId();
  await api.events.settle(api.webhook.id, {
    eventId: event.id,
    targetId,
    replays: 0,
    status: "failed",
    nextAttemptAt: null,
    reason: "No.",
    result: {
      id: resultId,
      attempt: 1,
      startedAt: api.clock.now(),
      durationMs: 1,
      statusCode: null,
      error: "No.",
      responseHeaders: null,
      responseBody: null,
      responseBodyTruncated: false,
      transformationVersion: ran.version,
      transformationFailed: ran.failed,
    },
  });
  return { event, sent: `/webhooks/${api.webhook.id}/events/${event.id}/results/${resultId}/sent` };
}

describe("what an attempt sent", () => {
  test("is computed by the version that it ran, whatever is in use now", async () => {
    const { id } = await madeTarget({ code: codeFor(1) });
    const { sent } = await addAttempt(id, { version: 1, failed: false });
    await change(id, { code: codeFor(2) });
    const { body } = await api.call("GET", sent);
    expect(body).toMatchObject({ version: 1, outcome: "request", error: null, line: null, console: [] });
    const { request } = z.object({ request: z.object({ body_base64: z.string() }) }).parse(body);
    expect(Buffer.from(request.body_base64, "base64").toString()).toBe('{"n":1,"by":1}');
    expect((await api.call("GET", sent)).body).toMatchObject({ request, target_changed: false });
  });

  test("has the target's headers and signature, also without a transformation", async () => {
    const config = { url: "https://receiver.example/in", headers: { "X-Api-Key": "do-not-show" } };
    const { body: made } = await api.call("POST", targets, { json: { name: "In", type: "http", config } });
    const { id } = z.object({ id: z.string() }).parse(made);
    const { sent } = await addAttempt(id, { version: null, failed: false });
    const { body } = await api.call("GET", sent);
    expect(body).toMatchObject({ version: null, outcome: "request", target_changed: false });
    expect(body).toMatchObject({ sent: { method: "POST", url: expect.stringContaining(config.url) } });
    expect(JSON.stringify(body)).toContain('["X-Api-Key","[secret]"]');
    expect(JSON.stringify(body)).toContain('["webhook-signature","v1,');
  });

  test("is nothing where the code fails, which is told with its place", async () => {
    const { id } = await madeTarget({
      code: "function transform(payload) {\n  console.log('here');\n  return payload.no.such;\n}",
    });
    const { sent } = await addAttempt(id, { version: 1, failed: true });
    const { body } = await api.call("GET", sent);
    expect(body).toMatchObject({ outcome: "failed", request: null, line: 3, console: ["here"] });
  });

  test("is nobody else's to read, and not found for an attempt that transformed nothing", async () => {
    const { id } = await madeTarget({ code: codeFor(1) });
    const { sent, event } = await addAttempt(id, { version: 1, failed: false });
    expect((await api.call("GET", sent, { token: BOB_TOKEN })).status).toBe(404);
    const other = `/webhooks/${api.webhook.id}/events/${event.id}/results/${newId()}/sent`;
    expect((await api.call("GET", other)).status).toBe(404);
  });
});

test("those that failed by the transformation are found, counted and replayed apart from other failures", async () => {
  const { id } = await madeTarget({ code: codeFor(1) });
  const { event } = await addAttempt(id, { version: 1, failed: true });
  await addAttempt(id, { version: 1, failed: false });
  const list = `/webhooks/${api.webhook.id}/events?target_id=${id}&transformation_failed=true`;
  const { body } = await api.call("GET", list);
  expect(body).toMatchObject({ data: [{ id: event.id }] });
  const filter = { target_id: id, transformation_failed: true };
  const replays = `/webhooks/${api.webhook.id}/replays`;
  const counted = await api.call("POST", replays, { json: { filter, dry_run: true } });
  expect(counted.body).toMatchObject({ events: 1, deliveries: 1 });
  const begun = await api.call("POST", replays, { json: { filter } });
  const run = z.object({ id: z.string() }).parse(begun.body);
  const path = `${replays}/${run.id}`;
  let state: unknown = begun.body;
  const isDone = () => z.object({ state: z.string() }).parse(state).state === "done";
  while (!isDone()) state = (await api.call("GET", path)).body;
  expect(state).toMatchObject({ replayed: 1, filter: { target_id: id, transformation_failed: true } });
  expect((await api.call("GET", list)).body).toMatchObject({ data: [] });
});

test("an export carries every version to the imported target", async () => {
  const { id } = await madeTarget({ code: codeFor(1) });
  await change(id, { code: codeFor(2) });
  const headers = { authorization: "Bearer whk_ada" };
  const file = await fetch(`${api.server.url}/api/v1/webhooks/${api.webhook.id}/export`, { headers });
  const imported = await api.call("POST", "/webhooks/import", { init: { body: await file.arrayBuffer() } });
  expect([imported.status, imported.text]).toEqual([201, imported.text]);
  const { webhook, targets: all } = z
    .object({ webhook: z.object({ id: z.string() }), targets: z.array(target.extend({ name: z.string() })) })
    .parse(imported.body);
  const found = all.find(({ transformation }) => transformation?.code === codeFor(2));
  const { body } = await api.call("GET", `/webhooks/${webhook.id}/targets/${found?.id}/transformations`);
  expect(body).toMatchObject({
    data: [
      { version: 2, code: codeFor(2) },
      { version: 1, code: codeFor(1) },
    ],
  });
});
