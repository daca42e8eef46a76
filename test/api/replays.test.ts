import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { newId } from "../../src/lib/ids.ts";
import { BOB_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

let api: TestApi;
let list: string;

beforeAll(async () => {
  api = await startTestApi();
  list = `/webhooks/${api.webhook.id}/replays`;
});
afterAll(() => api.stop());

const made = z.object({ id: z.string(), state: z.string() });
const withTargets = z.object({ targets: z.array(z.object({ waiting_for: z.string().nullable() })) });
const errorCode = z.object({ error: z.object({ code: z.string() }) });
const faults = z.object({ error: z.object({ details: z.array(z.object({ path: z.string() })) }) });

async function begin(json: unknown): Promise<string> {
  const answer = await api.call("POST", list, { json });
  expect(answer.status).toBe(202);
  return made.parse(answer.body).id;
}

async function ended(id: string): Promise<unknown> {
  for (;;) {
    const { body } = await api.call("GET", `${list}/${id}`);
    if (["done", "cancelled"].includes(made.parse(body).state)) return body;
  }
}

describe("a replay by filter", () => {
  test("is only counted with dry_run", async () => {
    const filter = { status: "pending", target_id: api.target.id, from: "2025-12-31T00:00:00Z" };
    const answer = await api.call("POST", list, { json: { filter, dry_run: true } });
    expect([answer.status, answer.body]).toEqual([
      202,
      { events: 1, deliveries: 1, exact: true, not_searched: 0 },
    ]);
    expect((await api.call("GET", list)).body).toEqual({ data: [], next_cursor: null });
  });

  test("starts, reports its progress, and is listed", async () => {
    const filter = { status: "pending", from: "2025-12-31T00:00:00Z", answer: "5xx", text: "/orders" };
    const id = await begin({ filter });
    const run = await ended(id);
    expect(run).toEqual({
      id,
      webhook_id: api.webhook.id,
      state: "done",
      filter: { status: "pending", from: "2025-12-31T00:00:00.000Z", answer: "5xx", text: "/orders" },
      event_ids: null,
      target_id: null,
      only_missing: false,
      matched: { events: 1, deliveries: 1, exact: true, not_searched: 0 },
      replayed: 1,
      skipped: 0,
      waiting_for_target_id: null,
      reason: null,
      targets: [
        {
          target_id: api.target.id,
          state: "done",
          matched: 1,
          replayed: 1,
          skipped: 0,
          waiting_for: null,
        },
      ],
      asked_by: api.of.userId,
      created_at: "2026-01-01T00:00:00.000Z",
      updated_at: "2026-01-01T00:00:00.000Z",
    });
    expect((await api.call("GET", list)).body).toEqual({ data: [run], next_cursor: null });
  });
});

test("selected events go to a target that never received them", async () => {
  const input = { name: "New", type: "log" };
  const target = await api.useCases.targets.create({ ...api.of, input });
  const json = { event_ids: [api.event.id], target_id: target.id, only_missing: true };
  const run = await ended(await begin(json));
  expect(run).toMatchObject({ event_ids: [api.event.id], target_id: target.id, replayed: 1 });
  const deliveries = await api.events.listDeliveries(api.webhook.id, api.event.id);
  expect(deliveries.map(({ targetId }) => targetId)).toContain(target.id);
});

test("a waiting replay can be paused, resumed and cancelled", async () => {
  const input = { name: "Paused", type: "log", active: false };
  const target = await api.useCases.targets.create({ ...api.of, input });
  const id = await begin({ filter: {}, target_id: target.id });
  const act = async (name: string) => (await api.call("POST", `${list}/${id}/${name}`)).body;
  expect(await act("pause")).toMatchObject({ id, state: "paused" });
  expect(made.parse(await act("resume")).state).toMatch(/^(counting|running)$/);
  expect(await act("cancel")).toMatchObject({ id, state: "cancelled" });
  const again = await api.call("POST", `${list}/${id}/resume`);
  expect([again.status, errorCode.parse(again.body).error.code]).toEqual([409, "replay_ended"]);
});

test("a target is removed from a replay, which continues without it", async () => {
  const paused = await api.useCases.targets.create({ ...api.of, input: { name: "Slow", type: "log" } });
  const [webhookId, now] = [api.webhook.id, api.clock.now()];
  await api.events.replay({ webhookId, eventId: api.event.id, targetIds: [paused.id], now });
  await api.useCases.targets.update({ ...api.of, targetId: paused.id, input: { active: false } });
  const id = await begin({ filter: {} });
  const remove = (targetId: string, replayId = id) =>
    api.call("POST", `${list}/${replayId}/targets/${targetId}/remove`);
  for (;;) {
    const { targets } = withTargets.parse((await api.call("GET", `${list}/${id}`)).body);
    if (targets.some(({ waiting_for }) => waiting_for === "paused")) break;
  }
  const run = (await remove(paused.id)).body;
  expect(run).toMatchObject({ waiting_for_target_id: null });
  expect(JSON.stringify(run)).toContain('"state":"removed"');
  expect(await ended(id)).toMatchObject({ state: "done" });
  expect((await remove(paused.id)).status).toBe(409);
  expect((await remove(newId(), newId())).status).toBe(404);
});

test.each([
  [{}, "filter"],
  [{ filter: {}, event_ids: [newId()] }, "filter"],
  [{ event_ids: [] }, "event_ids"],
  [{ event_ids: ["x"] }, "event_ids.0"],
  [{ event_ids: Array.from({ length: 1_001 }, newId) }, "event_ids"],
  [{ filter: { state: "failed" } }, "filter.state"],
  [{ filter: { status: "lost" } }, "filter.status"],
  [{ filter: { from: "Tuesday" } }, "filter.from"],
  [{ filter: {}, only_missing: true }, "target_id"],
  [{ filter: {}, dryrun: true }, "dryrun"],
])("invalid input is refused: %j", async (json, path) => {
  const answer = await api.call("POST", list, { json });
  expect(answer.status).toBe(422);
  expect(faults.parse(answer.body).error.details.map((fault) => fault.path)).toContain(path);
});

test("another user's replay is not found", async () => {
  const id = await begin({ filter: {} });
  const others = await api.useCases.webhooks.create({ userId: api.bob, input: { name: "Bob's" } });
  const asks = [
    ["POST", list, { filter: {} }],
    ["GET", list, undefined],
    ["GET", `${list}/${id}`, undefined],
    ["POST", `${list}/${id}/cancel`, undefined],
    ["POST", `/webhooks/${others.id}/replays/${id}/cancel`, undefined],
    ["POST", `${list}/${id}/targets/${api.target.id}/remove`, undefined],
    ["POST", `/webhooks/${others.id}/replays`, { filter: {}, target_id: api.target.id }],
  ] as const;
  for (const [method, path, json] of asks) {
    const answer = await api.call(method, path, { json, token: BOB_TOKEN });
    expect([path, answer.status]).toEqual([path, 404]);
  }
});
