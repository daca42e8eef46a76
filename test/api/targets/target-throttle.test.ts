/** Pauses targets and settles their held deliveries, over real event files. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { type ApiAnswer, startTestApi, type TestApi } from "../../support/test-api.ts";

let api: TestApi;
let path: string;

beforeEach(async () => {
  api = await startTestApi();
  path = `/webhooks/${api.webhook.id}/targets/${api.target.id}`;
});
afterEach(() => api.stop());

const post = (name: string, json?: unknown): Promise<ApiAnswer> =>
  api.call("POST", `${path}/${name}`, json === undefined ? {} : { json });

/** Stores an event for the entrypoint's current targets. */
async function receive(): Promise<string> {
  const targets = api.mainDb.routing.findRoute(api.entrypoint.id)?.targets ?? [];
  return (await api.addEvent({ targets })).id;
}

test("a new target holds nothing", async () => {
  expect((await api.call("GET", path)).body).toMatchObject({
    paused: false,
    paused_at: null,
    flow: {
      held: 0,
      draining: null,
      rests_until: null,
      circuit: { state: "closed", since: null, reason: null, next_probe_at: null },
    },
    rate_limit: null,
    rate_period: "second",
    max_concurrency: null,
    order_by: null,
    circuit_failures: 10,
    circuit_failure_rate: null,
  });
});

test("a paused target gets new events as held deliveries, and shows their release after it is resumed", async () => {
  const pausedAt = new Date(api.clock.now()).toISOString();
  expect((await post("pause")).body).toMatchObject({
    paused: true,
    paused_at: pausedAt,
    flow: { draining: null },
  });
  const eventId = await receive();
  const { body } = await api.call("GET", `/webhooks/${api.webhook.id}/events/${eventId}`);
  expect(body).toMatchObject({
    deliveries: expect.arrayContaining([
      expect.objectContaining({ target_id: api.target.id, status: "held", next_attempt_at: null }),
    ]),
  });
  const resumed = await post("resume");
  expect(resumed.body).toMatchObject({
    paused: false,
    active: true,
    flow: { held: 1, draining: { left: 1, per_second: 2, estimate_seconds: 1 } },
  });
});

test("held deliveries are discarded with the given reason, which is validated", async () => {
  await post("pause");
  const eventId = await receive();
  expect((await post("discard-held", { reason: "" })).status).toBe(422);
  expect((await post("discard-held", { reason: "sent by hand" })).body).toEqual({ discarded: 1 });
  expect((await post("discard-held")).body).toEqual({ discarded: 0 });
  const { body } = await api.call("GET", `/webhooks/${api.webhook.id}/events/${eventId}`);
  expect(body).toMatchObject({
    deliveries: expect.arrayContaining([
      expect.objectContaining({
        target_id: api.target.id,
        status: "discarded",
        reason: "Discarded manually while on hold: sent by hand",
      }),
    ]),
  });
});

test("a release ends the pause", async () => {
  await post("pause");
  expect((await post("release")).body).toMatchObject({ paused: false });
});

test("a database target has nothing to pause", async () => {
  const { body } = await api.call("POST", `/webhooks/${api.webhook.id}/targets`, {
    json: { name: "Archive", type: "database" },
  });
  path = `/webhooks/${api.webhook.id}/targets/${body && typeof body === "object" && "id" in body ? body.id : ""}`;
  expect(await post("pause")).toMatchObject({ status: 409, body: { error: { code: "nothing_to_pause" } } });
});
