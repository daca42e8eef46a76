import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { z } from "zod";
import { newId, newIdAt } from "../../src/lib/ids.ts";
import type { RejectedDraft } from "../../src/storage/event-db/rejected.ts";
import { BOB_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

const SECRET = "the right secret";

let api: TestApi;
let list: string;

beforeAll(async () => {
  api = await startTestApi();
  list = `/webhooks/${api.webhook.id}/rejected`;
});
afterAll(() => api.stop());
beforeEach(async () => {
  await api.call("POST", `${list}/delete`, { json: {} });
  await setSecret("a wrong secret");
});

async function setSecret(secret: string): Promise<void> {
  const verification = { type: "github", config: { secret } };
  const path = `/webhooks/${api.webhook.id}/entrypoints/${api.entrypoint.id}`;
  expect((await api.call("PATCH", path, { json: { verification } })).status).toBe(200);
}

/** Stores a request as if it had been rejected; signed with the right secret by default. */
async function addRejected(body: string, secret = SECRET, entrypointId = api.entrypoint.id): Promise<string> {
  const receivedAt = api.clock.now() - 60_000;
  const id = newIdAt(receivedAt);
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  const headers: RejectedDraft["headers"] = [
    ["x-hub-signature-256", `sha256=${signature}`],
    ["x-github-event", "push"],
  ];
  await api.rejected.keep(api.webhook.id, {
    id,
    entrypointId,
    receivedAt,
    method: "POST",
    pathTail: "/a",
    query: "b=c",
    headers,
    contentType: "application/json",
    remoteAddress: "192.0.2.1",
    sealedSecret: null,
    reason: "The signature is not right.",
    body: new TextEncoder().encode(body),
  });
  return id;
}

const verified = z.object({ checked: z.number(), released: z.number(), event_ids: z.array(z.string()) });
const page = z.object({ data: z.array(z.object({ id: z.string(), reason: z.string() })) });

async function verify(json: unknown = {}) {
  const answer = await api.call("POST", `${list}/verify`, { json });
  expect(answer.status).toBe(200);
  return verified.parse(answer.body);
}

async function listed() {
  return page.parse((await api.call("GET", list)).body).data.map(({ id }) => id);
}

describe("rejected requests", () => {
  test("are listed newest first, page by page, and returned whole", async () => {
    const ids = [await addRejected("1"), await addRejected("2"), await addRejected("3")];
    const first = await api.call("GET", `${list}?limit=2&entrypoint_id=${api.entrypoint.id}`);
    expect(first.body).toMatchObject({ data: [{ id: ids[2] }, { id: ids[1] }], next_cursor: ids[1] });
    const second = await api.call("GET", `${list}?limit=2&cursor=${ids[1]}`);
    expect(second.body).toMatchObject({ data: [{ id: ids[0] }], next_cursor: null });
    expect((await api.call("GET", `${list}?entrypoint_id=${newId()}`)).body).toMatchObject({ data: [] });
    expect((await api.call("GET", `${list}/${ids[0]}`)).body).toMatchObject({
      id: ids[0],
      entrypoint_id: api.entrypoint.id,
      reason: "The signature is not right.",
      path_tail: "/a",
      query: "b=c",
      body_base64: btoa("1"),
      body_size: 1,
    });
    expect((await api.call("GET", `${list}/${ids[0]}/body`)).text).toBe("1");
  });

  test("that pass with the corrected secret become events with deliveries, once", async () => {
    const id = await addRejected("mended");
    expect(await verify()).toEqual({ checked: 1, released: 0, event_ids: [] });
    await setSecret(SECRET);
    const both = await Promise.all([verify(), verify({ ids: [id] })]);
    const eventIds = both.flatMap(({ event_ids }) => event_ids);
    expect(eventIds).toHaveLength(1);
    const event = await api.call("GET", `/webhooks/${api.webhook.id}/events/${eventIds[0]}`);
    expect(event.body).toMatchObject({
      type: "push",
      path_tail: "/a",
      query: "b=c",
      body_base64: btoa("mended"),
      received_at: new Date(api.clock.now()).toISOString(),
      first_received_at: new Date(api.clock.now() - 60_000).toISOString(),
      deliveries: [{ target_id: api.target.id, status: "pending" }],
    });
    expect(await listed()).toEqual([]);
  });

  test("that do not pass stay, with the latest reason", async () => {
    const forged = await addRejected("forged", "somebody else's");
    const good = await addRejected("good");
    await setSecret(SECRET);
    expect(await verify({ ids: [forged] })).toMatchObject({ checked: 1, released: 0 });
    expect(await verify({ entrypoint_id: api.entrypoint.id })).toMatchObject({ checked: 2, released: 1 });
    expect(await listed()).toEqual([forged]);
    expect((await api.call("GET", `${list}/${good}`)).status).toBe(404);
    const { body } = await api.call("GET", `${list}/${forged}`);
    expect(body).toMatchObject({ reason: expect.stringContaining("the sender's signing secret") });
  });

  test("that name another user's entrypoint, as an imported file may, become no events", async () => {
    const of = { userId: api.bob };
    const { id: webhookId } = await api.useCases.webhooks.create({ ...of, input: { name: "Victim" } });
    const { id } = await api.useCases.entrypoints.create({ ...of, webhookId, input: { name: "Open" } });
    await api.useCases.targets.create({ ...of, webhookId, input: { name: "Bank", type: "log" } });
    const rejectedId = await addRejected("forged", SECRET, id);
    expect(await verify()).toEqual({ checked: 1, released: 0, event_ids: [] });
    expect(await verify({ ids: [rejectedId], entrypoint_id: id })).toMatchObject({ released: 0 });
    expect(await listed()).toEqual([rejectedId]);
    expect(await api.events.countEvents(webhookId)).toBe(0);
  });

  test("are deleted one by one or all", async () => {
    const ids = [await addRejected("1"), await addRejected("2"), await addRejected("3")];
    expect((await api.call("DELETE", `${list}/${ids[0]}`)).status).toBe(204);
    expect((await api.call("DELETE", `${list}/${ids[0]}`)).status).toBe(404);
    expect((await api.call("POST", `${list}/delete`, { json: { ids: [ids[1]] } })).body).toEqual({
      deleted: 1,
    });
    expect((await api.call("POST", `${list}/delete`, { json: {} })).body).toEqual({ deleted: 1 });
    expect(await listed()).toEqual([]);
  });

  test("are not visible to other users", async () => {
    const id = await addRejected("mine");
    for (const [method, path, json] of [
      ["GET", list],
      ["GET", `${list}/${id}`],
      ["GET", `${list}/${id}/body`],
      ["POST", `${list}/verify`, {}],
      ["POST", `${list}/delete`, {}],
      ["DELETE", `${list}/${id}`],
    ] as const) {
      expect((await api.call(method, path, { token: BOB_TOKEN, json })).status).toBe(404);
    }
    expect(await listed()).toEqual([id]);
  });
});
