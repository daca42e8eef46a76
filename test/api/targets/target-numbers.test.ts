/** The numbers of a target's attempts by the API, over a real event file. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { newId } from "../../../src/lib/ids.ts";
import { BOB_TOKEN, startTestApi, type TestApi } from "../../support/test-api.ts";

const HOUR = 3_600_000;

let api: TestApi;
let targetId: string;
let path: string;

beforeEach(async () => {
  api = await startTestApi();
  const { useCases, webhook } = api;
  const of = { userId: api.ada, webhookId: webhook.id };
  ({ id: targetId } = await useCases.targets.create({ ...of, input: { name: "Counted", type: "log" } }));
  path = `/webhooks/${webhook.id}/targets/${targetId}/numbers`;
});
afterEach(() => api.stop());

async function attempt(at: number, statusCode: number | null, durationMs: number): Promise<void> {
  const event = await api.addEvent({ targets: [{ id: targetId, settlesAtIngest: false }] });
  const isDelivered = statusCode === 200;
  await api.events.settle(api.webhook.id, {
    eventId: event.id,
    targetId,
    replays: 0,
    status: isDelivered ? "delivered" : "failed",
    nextAttemptAt: null,
    reason: null,
    result: {
      id: newId(),
      attempt: 1,
      startedAt: at,
      durationMs,
      statusCode,
      error: isDelivered ? null : "No.",
      responseHeaders: null,
      responseBody: null,
      responseBodyTruncated: false,
      transformationVersion: null,
      transformationFailed: false,
    },
  });
}

test("a target without attempts has zeros", async () => {
  const { status, body } = await api.call("GET", path);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    delivered: 0,
    failed: 0,
    gave_up: 0,
    counted_since: null,
    duration_ms: { p50: null, p95: null, p99: null },
    hours: [],
  });
});

test("a range ends with the present hour", async () => {
  const now = api.clock.now();
  const hour = now - (now % HOUR);
  await attempt(hour, 200, 12);
  await attempt(hour - 23 * HOUR, 500, 8);
  await attempt(hour - 24 * HOUR, null, 30_000);
  await attempt(hour - 8 * 24 * HOUR, 404, 10);
  const iso = (at: number) => new Date(at).toISOString();
  expect((await api.call("GET", path)).body).toEqual({
    from: iso(hour - 23 * HOUR),
    to: iso(hour + HOUR),
    counted_since: iso(hour - 8 * 24 * HOUR),
    delivered: 1,
    failed: 1,
    gave_up: 1,
    answers: { "2xx": 1, "3xx": 0, "4xx": 0, "5xx": 1, other: 0, none: 0 },
    duration_ms: { p50: 8, p95: 12, p99: 12 },
    hours: [
      { at: iso(hour - 23 * HOUR), delivered: 0, failed: 1, gave_up: 1 },
      { at: iso(hour), delivered: 1, failed: 0, gave_up: 0 },
    ],
  });
  expect((await api.call("GET", `${path}?range=7d`)).body).toMatchObject({ failed: 2, answers: { none: 1 } });
  expect((await api.call("GET", `${path}?range=30d`)).body).toMatchObject({
    failed: 3,
    answers: { "4xx": 1 },
  });
});

test("another range is refused, and nobody else's target is found", async () => {
  expect((await api.call("GET", `${path}?range=1y`)).status).toBe(422);
  expect((await api.call("GET", path, { token: BOB_TOKEN })).status).toBe(404);
  const other = `/webhooks/${api.webhook.id}/targets/${newId()}/numbers`;
  expect((await api.call("GET", other)).status).toBe(404);
});
