import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { PUBLISHED } from "../../../src/settings/published-events.ts";
import { startTestApi, type TestApi } from "../../support/test-api.ts";

let api: TestApi;
let path: string;

beforeAll(async () => {
  api = await startTestApi();
  path = `/webhooks/${api.webhook.id}/events`;
});
afterAll(() => api.stop());

const published = z.strictObject({ webhook_id: z.string(), event_id: z.string(), id: z.string() });
const batch = z.strictObject({
  webhook_id: z.string(),
  data: z.array(z.strictObject({ event_id: z.string(), id: z.string(), error: z.string().nullable() })),
});

function publish(json: unknown, key?: string) {
  const headers = key === undefined ? {} : { "idempotency-key": key };
  return api.call("POST", path, { json, init: { headers } });
}

async function publishOne(json: unknown, key?: string) {
  const answer = await publish(json, key);
  expect(answer.status).toBe(202);
  return published.parse(answer.body);
}

async function stored(eventId: string) {
  const event = await api.events.findEvent(api.webhook.id, eventId);
  if (event === null) throw new Error("no such event");
  return { ...event, text: new TextDecoder().decode(event.body) };
}

async function countEvents(type: string): Promise<number> {
  const { body } = await api.call("GET", `${path}?type=${type}`);
  return z.object({ data: z.array(z.unknown()) }).parse(body).data.length;
}

describe("a published event", () => {
  test("has the body that Standard Webhooks describes, with the data as it was written", async () => {
    const init = {
      headers: { "content-type": "application/json" },
      body: `{"type": "order.paid", "data": { "id": 12345678901234567890, "sum": 1.10 , "x": [ {}, [] ] } }`,
    };
    const answer = await api.call("POST", path, { init });
    expect(answer.status).toBe(202);
    const { event_id, id } = published.parse(answer.body);
    const event = await stored(event_id);
    expect(event).toMatchObject({
      entrypointId: PUBLISHED,
      type: "order.paid",
      contentType: "application/json",
    });
    expect(event.text).toBe(
      `{"type":"order.paid","timestamp":"2026-01-01T00:00:00.000Z","data":{ "id": 12345678901234567890, "sum": 1.10 , "x": [ {}, [] ] }}`,
    );
    expect(id).toBe(event_id);
    const deliveries = await api.events.listDeliveries(api.webhook.id, event_id);
    expect(deliveries.map(({ targetId }) => targetId)).toEqual([api.target.id]);
  });

  test("has its payload as the whole body, and the publisher's id", async () => {
    const { event_id, id } = await publishOne({ type: "a", payload: { n: 1 }, id: "msg_1" });
    const event = await stored(event_id);
    expect(event.text).toBe('{"n":1}');
    expect(event.headers).toContainEqual(["webhook-id", "msg_1"]);
    expect(id).toBe("msg_1");
  });

  test("may be null", async () => {
    const { event_id } = await publishOne({ type: "nothing", data: null });
    expect((await stored(event_id)).text).toEndWith('"data":null}');
  });

  test.each([
    [{ data: 1 }, "type"],
    [{ type: "a" }, "data"],
    [{ type: "a", data: 1, payload: 1 }, "data"],
    [{ type: "a b", data: 1 }, "type"],
    [{ type: "a*", data: 1 }, "type"],
    [{ type: "x".repeat(129), data: 1 }, "type"],
    [{ type: "a", data: 1, id: "a.b" }, "id"],
    [{ type: "a", data: 1, more: 1 }, "more"],
    ["text", ""],
  ])("%j is refused at %s", async (json, field) => {
    const { status, body } = await publish(json);
    expect(status).toBe(422);
    expect(body).toMatchObject({ error: { details: [{ path: field }] } });
  });

  test("is refused if it is too deep", async () => {
    const { status, body } = await publish({
      type: "a",
      data: JSON.parse("[".repeat(200) + "]".repeat(200)),
    });
    expect(status).toBe(422);
    expect(body).toMatchObject({ error: { code: "invalid" } });
  });
});

describe("an idempotency key", () => {
  test("gives the first answer again, and stores nothing", async () => {
    const first = await publish({ type: "again", data: 1 }, "key-1");
    const second = await publish({ type: "again", data: 1 }, "key-1");
    expect([second.status, second.text]).toEqual([202, first.text]);
    expect(first.headers.get("idempotent-replayed")).toBeNull();
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    expect(await countEvents("again")).toBe(1);
  });

  test("makes one event of two calls at the same moment", async () => {
    const calls = Array.from({ length: 20 }, () => publish({ type: "once", data: 1 }, "key-2"));
    const answers = await Promise.all(calls);
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(await countEvents("once")).toBe(1);
  });

  test.each([
    ["body", { type: "reused", data: 2 }],
    ["type", { type: "reused.other", data: 1 }],
    ["id", { type: "reused", data: 1, id: "x" }],
    ["kind", { type: "reused", payload: 1 }],
  ])("is refused with another %s", async (_what, json) => {
    const first = await publishOne({ type: "reused", data: 1 }, "key-3");
    const { status, body } = await publish(json, "key-3");
    expect(status).toBe(409);
    expect(body).toMatchObject({
      error: { code: "idempotency_key_reused", hint: expect.stringContaining(first.event_id) },
    });
  });

  test("is the id if there is none, and never the id of the same text", async () => {
    const first = await publishOne({ type: "by-id", data: 1, id: "msg_2" });
    expect(await publishOne({ type: "by-id", data: 1, id: "msg_2" })).toEqual(first);
    expect((await publishOne({ type: "by-id", data: 1 }, "msg_2")).event_id).not.toBe(first.event_id);
    expect((await publish({ type: "by-id", data: 2, id: "msg_2" })).status).toBe(409);
  });

  test.each(["", "a b", "x".repeat(256)])("%j is refused", async (key) => {
    expect((await publish({ type: "a", data: 1 }, key)).status).toBe(422);
  });
});

describe("a batch", () => {
  const send = (events: unknown, key?: string) =>
    api.call("POST", `${path}/batch`, {
      json: { events },
      init: { headers: key === undefined ? {} : { "idempotency-key": key } },
    });

  test("is stored in its order, each once", async () => {
    const events = Array.from({ length: 100 }, (_, n) => ({ type: "many", payload: { n } }));
    const first = await send(events, "batch-1");
    expect(first.status).toBe(202);
    const { data } = batch.parse(first.body);
    const texts = await Promise.all(data.map(async ({ event_id }) => (await stored(event_id)).text));
    expect(texts).toEqual(events.map(({ payload }) => JSON.stringify(payload)));
    expect(data.map(({ event_id }) => event_id)).toEqual(data.map(({ event_id }) => event_id).sort());
    expect((await send(events, "batch-1")).text).toBe(first.text);
    expect(await countEvents("many&limit=200")).toBe(100);
  });

  test("stores nothing if one event is not valid", async () => {
    const answer = await send([{ type: "part", data: 1 }, { type: "part" }]);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ error: { details: [{ path: "events.1.data" }] } });
    expect(await countEvents("part")).toBe(0);
  });

  test("says which events have the key of another one, and stores the rest", async () => {
    const { event_id } = await publishOne({ type: "taken", data: 1, id: "msg_3" });
    const events = [
      { type: "taken", data: 2, id: "msg_3" },
      { type: "taken", data: 3, id: "msg_4" },
    ];
    const { data } = batch.parse((await send(events)).body);
    expect(data).toEqual([
      { event_id, id: "msg_3", error: "idempotency_key_reused" },
      { event_id: expect.any(String), id: "msg_4", error: null },
    ]);
    expect(await countEvents("taken")).toBe(2);
  });

  test.each([[[]], [Array.from({ length: 101 }, () => ({ type: "a", data: 1 }))]])(
    "has 1 to 100 events",
    async (events) => {
      expect((await send(events)).status).toBe(422);
    },
  );
});

test("an API key publishes at most as fast as PUBLISH_RATE says, and others are not held up", async () => {
  const events = Array.from({ length: 100 }, () => ({ type: "fast", data: 1 }));
  const send = () => api.call("POST", `${path}/batch`, { json: { events } });
  const { parts } = api;
  const { token } = parts.apiKeys.create({ userId: api.ada, name: "Another" });
  let answer = await send();
  for (let sent = 0; answer.status === 202 && sent < 30; sent++) answer = await send();
  expect(answer.status).toBe(429);
  expect(answer.headers.get("retry-after")).toBe("1");
  expect(answer.body).toMatchObject({ error: { code: "publish_rate_limited" } });
  expect((await api.call("POST", `${path}/batch`, { json: { events }, token })).status).toBe(202);
  api.clock.advance(1_000);
  expect((await send()).status).toBe(202);
});
