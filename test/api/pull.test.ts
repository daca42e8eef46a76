/** Programs that pull deliveries through the API, with the delivery engine running over real event files. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pulledSchema } from "../../src/api/pull/pull-schemas.ts";
import { targetSchema } from "../../src/api/schemas.ts";
import { newId } from "../../src/lib/ids.ts";
import type { EventDraft } from "../../src/storage/event-db/types.ts";
import { BOB_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

let api: TestApi;
let target: { id: string };
let path: string;

beforeEach(async () => {
  api = await startTestApi();
  await api.useCases.targets.setActive({ ...api.of, targetId: api.target.id, active: false });
  target = await addTarget({});
  path = `/webhooks/${api.webhook.id}/targets/${target.id}`;
  await api.parts.delivery.start();
});
afterEach(() => api.stop());

async function addTarget(input: object) {
  return api.useCases.targets.create({ ...api.of, input: { name: "Laptop", type: "pull", ...input } });
}

async function receive(values: Partial<EventDraft> = {}): Promise<string> {
  const targets = api.mainDb.routing.findRoute(api.entrypoint.id)?.targets ?? [];
  return (await api.addEvent({ targets, ...values })).id;
}

async function pull(json: object = {}, from = path) {
  const { status, body } = await api.call("POST", `${from}/pull`, { json });
  expect([status, body]).toEqual([200, expect.anything()]);
  return pulledSchema.parse(body);
}

const pullOne = async (json: object = {}) => {
  const { data } = await pull(json);
  const [only, ...others] = data;
  if (only === undefined || others.length > 0) throw new Error(`${data.length} deliveries came`);
  return only;
};

/** Runs the event loop until the condition is true. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

async function deliveryOf(eventId: string) {
  // Results are stored a moment after they were brought.
  await until(() => api.parts.delivery.engine.inFlight() === 0);
  const all = await api.events.listDeliveries(api.webhook.id, eventId);
  return all.find(({ targetId }) => targetId === target.id);
}

/** The state in the API, where the dashboard's page has it from. */
async function shown() {
  return targetSchema.parse((await api.call("GET", path)).body).flow?.pull;
}

describe("a program that pulls", () => {
  test("gets an event that waits in the file, and its result is stored as that of any delivery", async () => {
    const id = await receive({ type: "order.created", pathTail: "/orders", query: "a=1" });
    const delivery = await pullOne();
    expect(delivery).toMatchObject({
      event_id: id,
      attempt: 1,
      lease_ms: 30_000,
      type: "order.created",
      method: "POST",
      path: "/orders",
      query: "a=1",
      body_base64: Buffer.from('{"n":1}').toString("base64"),
    });
    const names = delivery.headers.map(([name]) => name);
    expect(names.slice(0, 2)).toEqual(["content-type", "x-sender"]);
    expect(names).toContain("webhook-signature");
    const result = {
      lease_id: delivery.lease_id,
      status_code: 201,
      headers: [["x-answer", "yes"]],
      body_base64: Buffer.from("thanks").toString("base64"),
    };
    expect((await pull({ max: 0, results: [result] })).unknown_leases).toEqual([]);
    const made = await deliveryOf(id);
    expect(made?.status).toBe("delivered");
    expect(made?.results).toHaveLength(1);
    expect(made?.results[0]).toMatchObject({
      attempt: 1,
      statusCode: 201,
      error: null,
      responseHeaders: [["x-answer", "yes"]],
    });
    expect(Buffer.from(made?.results[0]?.responseBody ?? []).toString()).toBe("thanks");
  });

  test("gets an event as it comes, where it waits for one", async () => {
    const waiting = pullOne();
    await until(async () => (await shown())?.connected === true);
    const id = await receive();
    expect((await waiting).event_id).toBe(id);
    expect(await shown()).toMatchObject({ connected: true, leased: 1 });
  });

  test("fails an attempt by another status or without a response, and it is retried by the policy", async () => {
    const id = await receive();
    const first = await pullOne();
    await pull({ max: 0, results: [{ lease_id: first.lease_id, status_code: 500 }] });
    expect(await deliveryOf(id))?.toMatchObject({
      status: "pending",
      nextAttemptAt: expect.any(Number),
      results: [{ statusCode: 500, error: "HTTP 500" }],
    });
    // The first delay of a pull target is a second, give or take 15%.
    api.clock.advance(1_200);
    const second = await pullOne();
    expect([second.event_id, second.attempt]).toEqual([id, 2]);
    await pull({ max: 0, results: [{ lease_id: second.lease_id, error: "connection refused" }] });
    expect((await deliveryOf(id))?.results[1]).toMatchObject({
      statusCode: null,
      error: "connection refused",
    });
  });

  test("that does not answer in time, or lets go, spends no attempt", async () => {
    const id = await receive();
    const first = await pullOne();
    api.clock.advance(30_000);
    const second = await pullOne({ results: [{ lease_id: first.lease_id, status_code: 200 }] });
    expect([second.event_id, second.attempt]).toEqual([id, 1]);
    const third = await pullOne({ results: [{ lease_id: second.lease_id, released: true }] });
    expect([third.event_id, third.attempt]).toEqual([id, 1]);
    const { unknown_leases } = await pull({
      max: 0,
      results: [
        { lease_id: second.lease_id, status_code: 200 },
        { lease_id: third.lease_id, status_code: 200 },
      ],
    });
    expect(unknown_leases).toEqual([second.lease_id]);
    expect(await deliveryOf(id))?.toMatchObject({ status: "delivered", attempts: 1 });
  });

  test("gets events one after another where the target keeps order", async () => {
    await api.useCases.targets.update({ ...api.of, targetId: target.id, input: { order_by: "*" } });
    const targets = [{ id: target.id, settlesAtIngest: false, orderKey: "" }];
    const ids = [await receive({ targets }), await receive({ targets })];
    const first = await pullOne({ max: 10 });
    const second = await pullOne({ max: 10, results: [{ lease_id: first.lease_id, status_code: 200 }] });
    expect([first.event_id, second.event_id]).toEqual(ids);
  });

  test("gets no more at once than max_concurrency allows, nor than it asks for", async () => {
    await api.useCases.targets.update({ ...api.of, targetId: target.id, input: { max_concurrency: 3 } });
    for (let n = 0; n < 6; n++) await receive();
    expect((await pull({ max: 2 })).data).toHaveLength(2);
    expect((await pull({ max: 10 })).data).toHaveLength(1);
    expect(await shown()).toMatchObject({ leased: 3 });
  });

  test("gets a large body whole, in an answer that is written bit by bit", async () => {
    const body = Uint8Array.from({ length: 700_001 }, (_, index) => index * 7);
    const small = await receive();
    const large = await receive({ body });
    const bodies = new Map<string, string>();
    while (bodies.size < 2) {
      for (const each of (await pull()).data) bodies.set(each.event_id, each.body_base64);
    }
    expect(bodies.get(small)).toBe(Buffer.from('{"n":1}').toString("base64"));
    expect(bodies.get(large) === Buffer.from(body).toString("base64")).toBe(true);
  });

  test("gets what the target's transformation makes of the event", async () => {
    const code = 'addHandler("transform", (request) => ({ ...request, method: "PUT", body: "changed" }));';
    const input = { transformation: { code } };
    await api.useCases.targets.update({ ...api.of, targetId: target.id, input });
    await receive();
    expect(await pullOne()).toMatchObject({
      method: "PUT",
      body_base64: Buffer.from("changed").toString("base64"),
    });
  });

  test("is never blamed for a crash: its deliveries are not marked as begun", async () => {
    await receive();
    await pullOne();
    const journal = readFileSync(join(api.dataDir, "webhooker.attempts"), "utf8");
    expect(journal).toStartWith("boot ");
    expect(journal).not.toContain("begun");
  });

  test("of a replay gets the event again", async () => {
    const id = await receive();
    const first = await pullOne();
    await pull({ max: 0, results: [{ lease_id: first.lease_id, status_code: 200 }] });
    await deliveryOf(id);
    const json = { target_id: target.id };
    await api.call("POST", `/webhooks/${api.webhook.id}/events/${id}/replay`, { json });
    expect(await pullOne()).toMatchObject({ event_id: id, attempt: 2 });
  });
});

describe("nobody", () => {
  test("keeps a target's deliveries in the file: nothing is under way, and no attempt is made", async () => {
    const ids = [await receive(), await receive()];
    const other = await addTarget({ name: "Console", type: "log" });
    const heard = await receive({
      targets: [target, other].map(({ id }) => ({ id, settlesAtIngest: false })),
    });
    const delivered = async () =>
      (await api.events.listDeliveries(api.webhook.id, heard)).some(({ status }) => status === "delivered");
    await until(delivered);
    expect(await shown()).toEqual({ connected: false, last_pull_at: null, leased: 0 });
    expect(api.parts.delivery.engine.inFlight()).toBe(0);
    for (const id of ids) expect(await deliveryOf(id))?.toMatchObject({ status: "pending", attempts: 0 });
  });

  test("connected is told with the time of the last pull, also after a restart", async () => {
    await pull({ max: 0 });
    const at = new Date(api.clock.now()).toISOString();
    api.clock.advance(3_000);
    expect(await shown()).toEqual({ connected: false, last_pull_at: at, leased: 0 });
    api.parts.delivery.pullWatch.write();
    expect(api.mainDb.targetPulls.findLast(target.id)).toBe(Date.parse(at));
  });

  test("for seven days deactivates the target, and says why; enabling it begins another seven", async () => {
    const day = 24 * 3_600_000;
    const isActive = () => api.mainDb.routing.findTarget(target.id)?.active;
    const { pullWatch } = api.parts.delivery;
    pullWatch.pass();
    api.clock.jump(7 * day);
    await pull({ max: 0 });
    pullWatch.pass();
    expect(isActive()).toBe(true);
    api.clock.jump(7 * day);
    pullWatch.pass();
    expect(isActive()).toBe(true);
    api.clock.jump(1);
    pullWatch.pass();
    expect(isActive()).toBe(false);
    expect((await api.call("GET", path)).body).toMatchObject({
      deactivated_reason: "No program has pulled from it for 7 days.",
    });
    await api.call("POST", `${path}/activate`);
    api.clock.jump(1);
    pullWatch.pass();
    expect(isActive()).toBe(true);
    api.clock.jump(7 * day);
    pullWatch.pass();
    expect(isActive()).toBe(true);
  });
});

describe("a pull is refused", () => {
  const codeOf = async (from: string, options: Parameters<TestApi["call"]>[2] = {}) => {
    const { status, body } = await api.call("POST", `${from}/pull`, { json: { max: 1 }, ...options });
    return [status, body];
  };
  const withCode = (status: number, code: string) => [status, { error: expect.objectContaining({ code }) }];

  test("to strangers, for other types, and for disabled targets, whose last results are taken", async () => {
    expect(await codeOf(path, { token: BOB_TOKEN })).toEqual(withCode(404, "not_found"));
    expect(await codeOf(path, { token: null })).toEqual(withCode(401, "unauthenticated"));
    expect(await codeOf(`/webhooks/${api.webhook.id}/targets/${newId()}`)).toEqual(
      withCode(404, "not_found"),
    );
    const log = `/webhooks/${api.webhook.id}/targets/${api.target.id}`;
    expect(await codeOf(log)).toEqual(withCode(409, "not_a_pull_target"));
    const id = await receive();
    const delivery = await pullOne();
    await api.call("POST", `${path}/deactivate`);
    expect(await codeOf(path)).toEqual(withCode(409, "target_disabled"));
    await pull({ max: 0, results: [{ lease_id: delivery.lease_id, status_code: 200 }] });
    expect((await deliveryOf(id))?.status).toBe("delivered");
  });

  test("for a target that a 410 disabled, with that reason", async () => {
    await receive();
    const { lease_id } = await pullOne();
    await pull({ max: 0, results: [{ lease_id, status_code: 410 }] });
    const { status, text } = await api.call("POST", `${path}/pull`, { json: { wait: 0 } });
    expect([status, text]).toEqual([409, expect.stringContaining("It responded with 410 (Gone)")]);
  });

  test("with results that say nothing or too much, and beyond its bounds", async () => {
    const lease_id = newId();
    for (const json of [
      { results: [{ lease_id }] },
      { results: [{ lease_id, status_code: 200, error: "no" }] },
      { results: [{ lease_id, status_code: 200, body_base64: "A".repeat(87_388) }] },
      { results: Array.from({ length: 65 }, () => ({ lease_id, status_code: 200 })) },
      { wait: 26 },
      { max: 65 },
    ]) {
      expect(await codeOf(path, { json })).toEqual(withCode(422, "invalid"));
    }
  });

  test("without a line in the audit log for each that is taken", async () => {
    await pull({ max: 0 });
    await codeOf(path, { token: null });
    const audited = api.lines.filter(({ message, fields }) => message === "audit" && fields?.action);
    expect(audited.map(({ fields }) => fields?.status)).toEqual([401]);
  });
});
