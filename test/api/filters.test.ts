import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { TargetFilter } from "../../src/filters/target-filter.ts";
import type { FilterMark } from "../../src/storage/event-db/types.ts";
import { wantsOf } from "../../src/targets/filter-policy.ts";
import { BOB_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

let api: TestApi;
let targets: string;

beforeAll(async () => {
  api = await startTestApi();
  targets = `/webhooks/${api.webhook.id}/targets`;
});

afterAll(() => api.stop());

const over100 = { body: { amount: { $gte: 100 } } };
const target = z.object({ id: z.string(), event_types: z.array(z.string()), filter: z.unknown() });
const fates = z.object({
  filtered_by: z.array(z.unknown()),
  unjudged_by: z.array(z.unknown()),
});

async function create(values: Readonly<Record<string, unknown>>) {
  const json = { name: "Billing", type: "log", ...values };
  return target.parse((await api.call("POST", targets, { json })).body);
}

const change = (id: string, json: unknown) => api.call("PATCH", `${targets}/${id}`, { json });

function markOf(id: string, wants: Parameters<typeof wantsOf>[0]): FilterMark {
  return { targetId: id, fingerprint: new TargetFilter(wantsOf(wants)).fingerprint };
}

async function fatesOf(eventId: string) {
  return fates.parse((await api.call("GET", `/webhooks/${api.webhook.id}/events/${eventId}`)).body);
}

describe("a target's event types and filter", () => {
  test("are set, shown, changed and taken away", async () => {
    const made = await create({ event_types: ["order.*"], filter: over100 });
    expect(made).toMatchObject({ event_types: ["order.*"], filter: over100 });
    expect((await change(made.id, { name: "Sums" })).body).toMatchObject({
      event_types: ["order.*"],
      filter: over100,
    });
    expect((await change(made.id, { event_types: [], filter: null })).body).toMatchObject({
      event_types: [],
      filter: null,
    });
  });

  test("are none by default", async () => {
    expect(await create({})).toMatchObject({ event_types: [], filter: null });
  });

  test("are refused with the place of each fault", async () => {
    const filter = { body: { amount: { $gte: null } }, method: { $like: "P" } };
    const answer = await api.call("POST", targets, { json: { name: "x", type: "log", filter } });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({
      error: {
        details: [
          { path: "filter.body.amount.$gte", message: "must be a number or a text" },
          { path: "filter.method.$like" },
        ],
      },
    });
  });

  test("are what a new event is judged by", async () => {
    const made = await create({ filter: over100 });
    const route = api.mainDb.routing.findRoute(api.entrypoint.id);
    expect(route?.targets.find(({ id }) => id === made.id)?.wants).toEqual({
      eventTypes: [],
      filter: over100,
    });
    await change(made.id, { filter: null });
    const after = api.mainDb.routing.findRoute(api.entrypoint.id);
    expect(after?.targets.find(({ id }) => id === made.id)).toEqual({ id: made.id, settlesAtIngest: false });
  });
});

describe("a filtered event", () => {
  test("says by which target, and why", async () => {
    const made = await create({ filter: over100, event_types: [] });
    const { id } = await api.addEvent({
      body: Buffer.from('{"amount":12}'),
      filtered: [markOf(made.id, { event_types: [], filter: over100 })],
    });
    expect(await fatesOf(id)).toEqual({
      filtered_by: [{ target_id: made.id, reason: "body.amount is 12, not ≥ 100", filter_changed: false }],
      unjudged_by: [],
    });
  });

  test("says that the filter has changed since, and what the present one makes of it", async () => {
    const made = await create({ filter: { body: { amount: { $gte: 50 } } } });
    const { id } = await api.addEvent({
      body: Buffer.from('{"amount":12}'),
      filtered: [markOf(made.id, { event_types: [], filter: over100 })],
    });
    expect((await fatesOf(id)).filtered_by).toEqual([
      { target_id: made.id, reason: "body.amount is 12, not ≥ 50", filter_changed: true },
    ]);
    await change(made.id, { filter: { body: { amount: { $gte: 5 } } } });
    expect((await fatesOf(id)).filtered_by).toEqual([
      { target_id: made.id, reason: null, filter_changed: true },
    ]);
    await change(made.id, { filter: null });
    expect((await fatesOf(id)).filtered_by).toEqual([
      { target_id: made.id, reason: null, filter_changed: true },
    ]);
    await api.call("DELETE", `${targets}/${made.id}`);
    expect((await fatesOf(id)).filtered_by).toEqual([
      { target_id: made.id, reason: null, filter_changed: false },
    ]);
  });

  test("that could not be judged says why", async () => {
    const made = await create({ filter: over100 });
    const { id } = await api.addEvent({
      body: Buffer.from("no JSON"),
      unjudged: [markOf(made.id, { event_types: [], filter: over100 })],
    });
    expect(await fatesOf(id)).toEqual({
      filtered_by: [],
      unjudged_by: [{ target_id: made.id, reason: "The body is not valid JSON.", filter_changed: false }],
    });
  });

  test("is found by the state filtered, and sent by a replay all the same", async () => {
    const made = await create({ filter: over100 });
    const mark = markOf(made.id, { event_types: [], filter: over100 });
    const { id } = await api.addEvent({ body: Buffer.from('{"amount":12}'), filtered: [mark] });
    const path = `/webhooks/${api.webhook.id}/events`;
    const found = await api.call("GET", `${path}?status=filtered&target_id=${made.id}`);
    expect(found.body).toMatchObject({ data: [{ id, filtered_count: 1 }] });
    const sent = await api.call("POST", `${path}/${id}/replay`, { json: { target_id: made.id } });
    expect([sent.status, sent.body]).toEqual([202, { deliveries: 1 }]);
    const shown = await api.call("GET", `${path}/${id}`);
    expect(shown.body).toMatchObject({
      deliveries: expect.arrayContaining([
        expect.objectContaining({ target_id: made.id, status: "pending" }),
      ]),
      filtered_by: [{ target_id: made.id }],
    });
  });

  test("is one of many that a replay sends to the target", async () => {
    const made = await create({ filter: over100 });
    const mark = markOf(made.id, { event_types: [], filter: over100 });
    await api.addEvent({ body: Buffer.from('{"amount":1}'), filtered: [mark] });
    await api.addEvent({ body: Buffer.from('{"amount":2}'), filtered: [mark] });
    const json = {
      filter: { status: "filtered", target_id: made.id },
      target_id: made.id,
      dry_run: true,
    };
    const counted = await api.call("POST", `/webhooks/${api.webhook.id}/replays`, { json });
    expect(counted.body).toMatchObject({ events: 2, deliveries: 2 });
  });
});

describe("a trial", () => {
  const trial = (id: string, json: unknown) => api.call("POST", `${targets}/${id}/try`, { json });

  test("tells what a filter would do with stored events, and saves nothing", async () => {
    const made = await create({ filter: over100 });
    const { id } = await api.addEvent({ body: Buffer.from('{"amount":70}') });
    const answer = await trial(made.id, { filter: { body: { amount: { $gte: 50 } } }, last: 1 });
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        judged: 1,
        complete: true,
        delivered: 1,
        filtered: 0,
        unjudged: 0,
        changes: 1,
        changed: [
          { event_id: id, received_at: expect.any(String), type: null, outcome: "delivered", reason: null },
        ],
        others: [],
        transformation: null,
      },
    ]);
    expect((await api.call("GET", `${targets}/${made.id}`)).body).toMatchObject({ filter: over100 });
  });

  test("without a filter is of the saved one", async () => {
    const made = await create({ filter: over100 });
    await api.addEvent({ body: Buffer.from('{"amount":70}') });
    expect((await trial(made.id, { last: 1 })).body).toMatchObject({
      changes: 0,
      others: [{ outcome: "filtered", reason: "body.amount is 70, not ≥ 100" }],
    });
  });

  test("is refused with the place of a fault, and of another's target", async () => {
    const made = await create({});
    const wrong = await trial(made.id, { filter: { body: { $x: 1 } }, last: 5_000 });
    expect(wrong.body).toMatchObject({
      error: { details: expect.arrayContaining([expect.objectContaining({ path: "filter.body.$x" })]) },
    });
    const other = await api.call("POST", `${targets}/${made.id}/try`, { json: {}, token: BOB_TOKEN });
    expect(other.status).toBe(404);
  });
});
