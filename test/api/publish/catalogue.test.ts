import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { BOB_TOKEN, startTestApi, type TestApi } from "../../support/test-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const SCHEMA = { type: "object", properties: { sum: { type: "number", minimum: 0 } }, required: ["sum"] };
const withId = z.looseObject({ id: z.string(), name: z.string() });

const add = (json: unknown, token?: string) =>
  api.call("POST", "/event-types", { json, ...(token && { token }) });
const check = (mode: string) => api.call("PATCH", "/event-type-settings", { json: { check: mode } });
const publish = (json: unknown) => api.call("POST", `/webhooks/${api.webhook.id}/events`, { json });
const batch = (events: unknown) =>
  api.call("POST", `/webhooks/${api.webhook.id}/events/batch`, { json: { events } });

describe("an event type", () => {
  test("is added, read, changed and deleted, and is nobody else's", async () => {
    const example = { sum: 1 };
    const made = await add({ name: "order.paid", description: "Paid.", schema: SCHEMA, example });
    expect(made.status).toBe(201);
    const { id } = withId.parse(made.body);
    const path = `/event-types/${id}`;
    expect((await api.call("GET", path)).body).toEqual(made.body);
    expect((await api.call("GET", path, { token: BOB_TOKEN })).status).toBe(404);
    const changed = await api.call("PATCH", path, { json: { description: "Has been paid." } });
    expect(changed.body).toMatchObject({ description: "Has been paid.", schema: SCHEMA, example });
    await api.call("PATCH", path, { json: { schema: null, example: null } });
    expect((await api.call("GET", "/event-types")).body).toMatchObject({
      data: [{ name: "order.paid", schema: null, example: null }],
    });
    expect((await api.call("GET", "/event-types", { token: BOB_TOKEN })).body).toMatchObject({ data: [] });
    expect((await add({ name: "order.paid" })).body).toMatchObject({ error: { code: "event_type_exists" } });
    expect((await api.call("DELETE", path, { token: BOB_TOKEN })).status).toBe(404);
    expect((await api.call("DELETE", path)).status).toBe(204);
    const { body } = await api.call("GET", `/audit?object_id=${id}`);
    const { data } = z.object({ data: z.array(z.object({ action: z.string() })) }).parse(body);
    expect(data.map(({ action }) => action)).toEqual([
      "event_type.delete",
      "event_type.update",
      "event_type.update",
      "event_type.create",
    ]);
  });

  test.each([
    [{ name: "a b" }, "name"],
    [{ name: "a", schema: { pattern: "(a+)+$" } }, "schema.pattern"],
    [{ name: "a", schema: [] }, "schema"],
    [{ name: "a", schema: { properties: { x: { type: "text" } } } }, "schema.properties.x.type"],
    [{ name: "a", example: "x".repeat(33_000) }, "example"],
    [{ name: "a", schema: { description: "x".repeat(33_000) } }, "schema"],
  ])("%# is refused at its fault", async (json, path) => {
    const { status, body } = await add(json);
    expect(status).toBe(422);
    expect(body).toMatchObject({ error: { details: [{ path }] } });
  });

  test("is one of 500 at most", async () => {
    for (let n = 0; n < 500; n++)
      await api.useCases.eventTypes.create({ userId: api.bob, input: { name: `t${n}` } });
    const { status, body } = await add({ name: "one-more" }, BOB_TOKEN);
    expect(status).toBe(409);
    expect(body).toMatchObject({ error: { code: "too_many_event_types" } });
  });
});

describe("a catalogue", () => {
  beforeAll(async () => {
    await add({ name: "invoice.paid", schema: SCHEMA });
    await add({ name: "invoice.sent" });
  });

  test("checks nothing by default", async () => {
    expect((await api.call("GET", "/event-type-settings")).body).toEqual({ check: "off", managed_by: null });
    expect((await publish({ type: "unknown", data: 1 })).status).toBe(202);
  });

  test("refuses types that it does not have", async () => {
    await check("types");
    const refused = await publish({ type: "unknown", data: 1 });
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({ error: { code: "not_in_catalogue", details: [{ path: "type" }] } });
    expect((await publish({ type: "invoice.paid", data: 1 })).status).toBe(202);
  });

  test("refuses what does not fit the schema of its type", async () => {
    await check("schemas");
    const refused = await publish({ type: "invoice.paid", payload: { sum: -1 } });
    expect(refused.body).toMatchObject({
      error: {
        code: "not_in_catalogue",
        details: [{ path: "payload.sum", message: "must be at least 0, by the schema of invoice.paid" }],
      },
    });
    expect((await publish({ type: "invoice.paid", data: { sum: 1 } })).status).toBe(202);
    expect((await publish({ type: "invoice.sent", data: "any" })).status).toBe(202);
  });

  test("refuses a batch for one event, and creates no webhook for it", async () => {
    const events = [
      { type: "invoice.paid", data: { sum: 1 } },
      { type: "invoice.paid", data: {} },
      { type: "unknown", data: {} },
    ];
    const { status, body } = await batch(events);
    expect(status).toBe(422);
    expect(body).toMatchObject({
      error: { details: [{ path: "events.1.data.sum" }, { path: "events.2.type" }] },
    });
    const json = { type: "unknown", data: 1 };
    expect((await api.call("POST", "/webhooks/ext:new/events?create=true", { json })).status).toBe(422);
    expect((await api.call("GET", "/webhooks/ext:new")).status).toBe(404);
  });

  test("is the webhook owner's, whoever publishes", async () => {
    await api.useCases.members.add({ ...api.of, input: { username: "bob", role: "editor" } });
    const path = `/webhooks/${api.webhook.id}/events`;
    const json = { type: "t1", data: 1 };
    expect((await api.call("POST", path, { json, token: BOB_TOKEN })).status).toBe(422);
  });

  test("gives up on what takes too long, and refuses it", async () => {
    const schema = { items: { allOf: Array.from({ length: 500 }, () => ({ type: "number" })) } };
    await add({ name: "slow", schema });
    const { body } = await publish({ type: "slow", data: Array.from({ length: 10_000 }, () => 1) });
    expect(body).toMatchObject({
      error: { details: [{ message: "takes too long to check by its schema" }] },
    });
  });
});
