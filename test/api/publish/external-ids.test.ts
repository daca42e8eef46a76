import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { webhookSchema } from "../../../src/api/schemas.ts";
import { newId } from "../../../src/lib/ids.ts";
import { BOB_TOKEN, startTestApi, type TestApi } from "../../support/test-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await api.useCases.webhooks.update({ ...api.of, input: { external_id: "acme|7@x" } });
});
afterAll(() => api.stop());

const ACME = `/webhooks/ext:${encodeURIComponent("acme|7@x")}`;
const listed = z.object({ data: z.array(webhookSchema) });

async function create(json: unknown, token?: string) {
  const answer = await api.call("POST", "/webhooks", { json, ...(token && { token }) });
  return { ...answer, webhook: webhookSchema.safeParse(answer.body).data };
}

function keyWith(limits: object): string {
  return api.parts.apiKeys.create({ userId: api.ada, name: "Limited", ...limits }).token;
}

describe("an external id", () => {
  test("stands for the webhook's id in every address", async () => {
    const { body } = await api.call("GET", ACME);
    expect(body).toMatchObject({ id: api.webhook.id, external_id: "acme|7@x" });
    const event = await api.call("GET", `${ACME}/events/${api.event.id}`);
    expect(event.body).toMatchObject({ id: api.event.id });
    const target = await api.call("POST", `${ACME}/targets`, { json: { name: "More", type: "log" } });
    expect(target.body).toMatchObject({ webhook_id: api.webhook.id });
    const { path } = { path: ACME.replace("ext:", "ext%3A") };
    expect((await api.call("GET", path)).status).toBe(200);
  });

  test("is nobody else's address, and two owners may have the same", async () => {
    expect((await api.call("GET", ACME, { token: BOB_TOKEN })).status).toBe(404);
    const { webhook } = await create({ name: "Bob's", external_id: "acme|7@x" }, BOB_TOKEN);
    expect((await api.call("GET", ACME, { token: BOB_TOKEN })).body).toMatchObject({ id: webhook?.id });
    expect((await api.call("GET", ACME)).body).toMatchObject({ id: api.webhook.id });
  });

  test("that looks like an id is found by its prefix only", async () => {
    const externalId = newId();
    const { webhook } = await create({ name: "Odd", external_id: externalId });
    expect((await api.call("GET", `/webhooks/${externalId}`)).status).toBe(404);
    expect((await api.call("GET", `/webhooks/ext:${externalId}`)).body).toMatchObject({ id: webhook?.id });
    expect((await api.call("GET", `/webhooks/ext:${api.webhook.id}`)).status).toBe(404);
  });

  test("is unique among the owner's webhooks, and free again once its webhook is deleted", async () => {
    const { webhook } = await create({ name: "One", external_id: "one" });
    const again = await create({ name: "Two", external_id: "one" });
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({ error: { code: "external_id_taken" } });
    const change = await api.call("PATCH", ACME, { json: { external_id: "one" } });
    expect(change.status).toBe(409);
    expect((await api.call("PATCH", ACME, { json: { external_id: "acme|7@x" } })).status).toBe(200);
    await api.call("DELETE", `/webhooks/${webhook?.id}`);
    expect((await create({ name: "Three", external_id: "one" })).status).toBe(201);
  });

  test("filters the list, and can be taken away", async () => {
    const { webhook } = await create({ name: "Listed", external_id: "listed" });
    const list = async () => listed.parse((await api.call("GET", "/webhooks?external_id=listed")).body).data;
    expect((await list()).map(({ id }) => id)).toEqual([webhook?.id ?? ""]);
    await api.call("PATCH", "/webhooks/ext:listed", { json: { external_id: null } });
    expect(await list()).toEqual([]);
  });

  test.each(["", "a b", "a/b", "a?b", "a#b", "a%b", "a\\b", "ä", "x".repeat(129)])(
    "is not %j",
    async (id) => {
      const { status, body } = await create({ name: "No", external_id: id });
      expect(status).toBe(422);
      expect(body).toMatchObject({ error: { details: [{ path: "external_id" }] } });
    },
  );

  test("does not pass to an owner who has it already", async () => {
    const { useCases, ada, bob } = api;
    const input = { name: "Moved", external_id: "moved" };
    const { id: webhookId } = await useCases.webhooks.create({ userId: ada, input });
    await useCases.webhooks.create({ userId: bob, input });
    const json = { username: "bob" };
    const { status, body } = await api.call("POST", `/webhooks/${webhookId}/transfer`, { json });
    expect(status).toBe(409);
    expect(body).toMatchObject({ error: { code: "external_id_taken" } });
  });

  test("is in the audit log as the webhook's id", async () => {
    await api.call("POST", `${ACME}/events/${api.event.id}/replay`, { json: {} });
    const { body } = await api.call("GET", `/audit?object_id=${api.webhook.id}`);
    const { data } = z
      .object({ data: z.array(z.object({ action: z.string(), webhook_id: z.string().nullable() })) })
      .parse(body);
    const entry = data.find(({ action }) => action === "event.replay");
    expect(entry?.webhook_id).toBe(api.webhook.id);
  });

  test("does not widen a key that is limited to webhooks", async () => {
    const { webhook } = await create({ name: "Other", external_id: "other" });
    const token = keyWith({ webhookIds: [webhook?.id ?? ""] });
    expect((await api.call("GET", ACME, { token })).status).toBe(404);
    expect((await api.call("GET", "/webhooks/ext:other", { token })).status).toBe(200);
  });
});

describe("publishing to an unknown external id", () => {
  const event = { type: "order.paid", data: 1 };
  const publish = (path: string, token?: string) =>
    api.call("POST", `/webhooks/${path}`, { json: event, ...(token && { token }) });

  test("creates the webhook once, however many calls come at the same moment", async () => {
    const calls = Array.from({ length: 10 }, () => publish("ext:new-1/events?create=true"));
    const answers = await Promise.all(calls);
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(202));
    expect(
      new Set(answers.map(({ body }) => z.object({ webhook_id: z.string() }).parse(body).webhook_id)).size,
    ).toBe(1);
    const { body } = await api.call("GET", "/webhooks/ext:new-1");
    expect(body).toMatchObject({ name: "new-1", external_id: "new-1" });
  });

  test("creates none unless asked, with a wrong body, a wrong id, or a key that may not", async () => {
    const hint = { error: { code: "not_found", hint: expect.stringContaining("create=true") } };
    expect((await publish("ext:new-2/events")).body).toMatchObject(hint);
    const wrong = { json: { type: "a" } };
    expect((await api.call("POST", "/webhooks/ext:new-2/events?create=true", wrong)).status).toBe(422);
    expect((await publish("ext:a%20b/events?create=true")).status).toBe(422);
    const publisher = keyWith({ scopes: ["publish"] });
    const refused = await publish("ext:new-2/events?create=true", publisher);
    expect(refused.body).toMatchObject({ error: { code: "scope_missing" } });
    const limited = keyWith({ webhookIds: [api.webhook.id] });
    expect((await publish("ext:new-2/events?create=true", limited)).status).toBe(404);
    expect((await publish(`${newId()}/events?create=true`)).status).toBe(404);
    expect((await api.call("GET", "/webhooks/ext:new-2")).status).toBe(404);
  });

  test("creates it by a batch too", async () => {
    const json = { events: [event, event] };
    const { status } = await api.call("POST", "/webhooks/ext:new-3/events/batch?create=true", { json });
    expect(status).toBe(202);
  });
});

test("an exported webhook keeps its external id unless the user has it", async () => {
  const export_ = async () =>
    (
      await fetch(`${api.server.url}/api/v1${ACME}/export`, { headers: { authorization: "Bearer whk_ada" } })
    ).arrayBuffer();
  const bring = async (body: ArrayBuffer, token?: string) => {
    const answer = await api.call("POST", "/webhooks/import", { init: { body }, ...(token && { token }) });
    return z.object({ webhook: webhookSchema, notes: z.array(z.string()) }).parse(answer.body);
  };
  const file = await export_();
  const beside = await bring(file);
  expect(beside.webhook.external_id).toBeNull();
  expect(beside.notes).toContain("Its external id was left out, because you have a webhook with it.");
  await api.call("DELETE", `/webhooks/${api.webhook.id}`);
  expect((await bring(file)).webhook.external_id).toBe("acme|7@x");
});
