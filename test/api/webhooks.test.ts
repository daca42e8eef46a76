import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { listOf, webhookSchema } from "../../src/api/schemas.ts";
import { readSettings } from "../../src/settings/entrypoint-settings.ts";
import { readWebhookSettings } from "../../src/settings/webhook-settings.ts";
import { BOB_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const shop = () => ({
  id: api.webhook.id,
  name: "Shop",
  role: "owner",
  owner_id: api.ada,
  external_id: null,
  ...readWebhookSettings(null),
  key: null,
  managed_by: null,
  events_lost_at: null,
  created_at: "2026-01-01T00:00:00.000Z",
  updated_at: "2026-01-01T00:00:00.000Z",
});

describe("webhooks", () => {
  test("are returned in snake_case with times in UTC", async () => {
    const list = await api.call("GET", "/webhooks");
    expect([list.status, list.body]).toEqual([200, { data: [shop()], next_cursor: null }]);
    expect(list.headers.get("content-type")).toBe("application/json;charset=utf-8");
    expect((await api.call("GET", `/webhooks/${api.webhook.id}`)).body).toEqual(shop());
    expect((await api.call("GET", `/webhooks/${api.webhook.id}/`)).body).toEqual(shop());
  });

  test("are listed page by page, also if those of the previous page are gone", async () => {
    const bob = { token: BOB_TOKEN };
    for (const name of ["A", "B", "C", "D", "E"])
      await api.call("POST", "/webhooks", { ...bob, json: { name } });
    const pages: string[][] = [];
    for (let query: string | null = ""; query !== null; ) {
      const answer = await api.call("GET", `/webhooks?limit=2${query}`, bob);
      const { data, next_cursor } = listOf(webhookSchema).parse(answer.body);
      pages.push(data.map(({ name }) => name));
      for (const { id } of data) await api.call("DELETE", `/webhooks/${id}`, bob);
      query = next_cursor && `&cursor=${next_cursor}`;
    }
    expect(pages).toEqual([["A", "B"], ["C", "D"], ["E"]]);
    for (const query of ["limit=0", "limit=1001", "limit=x", "cursor=x", "colour=red"]) {
      expect([query, (await api.call("GET", `/webhooks?${query}`)).status]).toEqual([query, 422]);
    }
  });

  test("are created, changed and deleted", async () => {
    const kept = { retention_days: 7, retention_bytes: 2_000_000 };
    const made = await api.call("POST", "/webhooks", { json: { name: " Blog ", ...kept } });
    expect(made).toMatchObject({ status: 201, body: { name: "Blog", ...kept } });
    const path = made.headers.get("location")?.replace("/api/v1", "") ?? "";
    expect((await api.call("GET", path)).body).toEqual(made.body);

    const changed = await api.call("PATCH", path, { json: { retention_days: null } });
    expect(changed).toMatchObject({ status: 200, body: { name: "Blog", retention_days: null } });

    const gone = await api.call("DELETE", path);
    expect([gone.status, gone.text]).toEqual([204, ""]);
    expect((await api.call("GET", path)).status).toBe(404);
    expect((await api.call("DELETE", path)).status).toBe(404);
  });

  test("that are invalid are refused field by field", async () => {
    const refused = await api.call("POST", "/webhooks", { json: { name: "", colour: "hunter2" } });
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({
      error: {
        code: "invalid",
        details: [{ path: "name" }, { path: "colour", message: "is not a known field" }],
      },
    });
    expect(refused.text).not.toContain("hunter2");
    const empty = await api.call("POST", "/webhooks", { json: {} });
    expect(empty.body).toMatchObject({ error: { details: [{ path: "name", message: "is missing" }] } });
  });
});

describe("entrypoints", () => {
  const list = () => `/webhooks/${api.webhook.id}/entrypoints`;

  test("have the URL that senders use", async () => {
    const one = {
      id: api.entrypoint.id,
      webhook_id: api.webhook.id,
      name: "Orders",
      url: `https://hooks.example/webhook/${api.entrypoint.id}`,
      active: true,
      verification: null,
      ...readSettings({}),
      key: null,
      managed_by: null,
      created_at: "2026-01-01T00:00:00.000Z",
      updated_at: "2026-01-01T00:00:00.000Z",
    };
    expect((await api.call("GET", list())).body).toEqual({ data: [one], next_cursor: null });
    expect((await api.call("GET", `${list()}/${one.id}`)).body).toEqual(one);
  });

  test("can be created without a body", async () => {
    for (const options of [{}, { json: {} }]) {
      const made = await api.call("POST", list(), options);
      expect(made).toMatchObject({ status: 201, body: { name: "Entrypoint", active: true } });
      const path = made.headers.get("location")?.replace("/api/v1", "") ?? "";
      expect((await api.call("DELETE", path)).status).toBe(204);
    }
  });

  test("show their verification without the secret, and stop verifying with null", async () => {
    const path = `${list()}/${api.entrypoint.id}`;
    const verification = { type: "github", config: { secret: "do-not-tell" } };
    const changed = await api.call("PATCH", path, { json: { verification } });
    const shown = { type: "github", config: { secret: "[secret]" } };
    expect(changed).toMatchObject({ status: 200, body: { verification: shown } });
    expect((await api.call("GET", path)).body).toMatchObject({ verification: shown });
    const stopped = await api.call("PATCH", path, { json: { verification: null } });
    expect(stopped.body).toMatchObject({ verification: null });
  });

  test("are changed, disabled and enabled", async () => {
    const path = `${list()}/${api.entrypoint.id}`;
    expect((await api.call("POST", `${path}/deactivate`)).body).toMatchObject({ active: false });
    expect((await api.call("GET", path)).body).toMatchObject({ active: false });
    expect((await api.call("POST", `${path}/activate`)).body).toMatchObject({ active: true });
    expect((await api.call("PATCH", path, { json: { active: false } })).body).toMatchObject({
      active: false,
    });
    const changed = await api.call("PATCH", path, { json: { name: "Sales", active: true } });
    expect(changed).toMatchObject({ status: 200, body: { name: "Sales", active: true } });
  });
});

describe("targets", () => {
  const list = () => `/webhooks/${api.webhook.id}/targets`;

  test("show their policy and config, and no secret", async () => {
    const url = "http://127.0.0.1:9/in";
    const made = await api.call("POST", list(), {
      json: {
        name: "Out",
        type: "http",
        config: { url, headers: { "X-Key": "hunter2" } },
        max_attempts: null,
      },
    });
    expect(made).toMatchObject({
      status: 201,
      body: {
        webhook_id: api.webhook.id,
        type: "http",
        active: true,
        config: { url, headers: { "X-Key": "[secret]" } },
        max_attempts: null,
        timeout_ms: 30_000,
      },
    });
    const path = made.headers.get("location")?.replace("/api/v1", "") ?? "";
    const { signing_secret: _once, ...shown } = z
      .looseObject({ signing_secret: z.string() })
      .parse(made.body);
    expect((await api.call("GET", path)).body).toEqual(shown);
    const changed = await api.call("PATCH", path, { json: { max_attempts: 3, name: "Away" } });
    expect(changed.body).toMatchObject({
      name: "Away",
      max_attempts: 3,
      timeout_ms: 30_000,
      config: { url },
    });
    expect(made.text + changed.text).not.toContain("hunter2");
    expect((await api.call("DELETE", path)).status).toBe(204);
  });

  test("show a new signing secret once, and sign with both for a while after a rotation", async () => {
    const json = { name: "Signed", type: "http", config: { url: "http://127.0.0.1:9/" } };
    const made = await api.call("POST", list(), { json: { ...json, signing: { scheme: "none" } } });
    const path = made.headers.get("location")?.replace("/api/v1", "") ?? "";
    const secret = expect.stringMatching(/^whsec_/);
    const on = await api.call("PATCH", path, { json: { signing: { scheme: "v1" } } });
    expect(on).toMatchObject({ status: 200, body: { signing_secret: secret, signing: { scheme: "v1" } } });
    const rotated = await api.call("POST", `${path}/signing/rotate`, { json: { overlap_hours: 1 } });
    expect(rotated).toMatchObject({
      status: 200,
      body: {
        signing_secret: secret,
        signing: { scheme: "v1", public_key: null, previous_until: "2026-01-01T01:00:00.000Z" },
      },
    });
    expect((await api.call("POST", `${path}/signing/rotate`)).body).toMatchObject({
      signing: { previous_until: "2026-01-02T00:00:00.000Z" },
    });
    expect((await api.call("GET", path)).text).not.toContain("whsec_");
    const off = await api.call("PATCH", path, { json: { signing: { scheme: "none" } } });
    expect(off.body).toMatchObject({ signing: { scheme: "none" } });
    expect((await api.call("POST", `${path}/signing/rotate`)).status).toBe(409);
    await api.call("DELETE", path);
  });

  test("are listed, disabled and enabled", async () => {
    const path = `${list()}/${api.target.id}`;
    expect((await api.call("GET", list())).body).toMatchObject({
      data: [{ id: api.target.id }],
      next_cursor: null,
    });
    expect((await api.call("POST", `${path}/deactivate`)).body).toMatchObject({ active: false });
    expect((await api.call("POST", `${path}/activate`)).body).toMatchObject({ active: true });
  });

  test("of an unknown type or with an invalid config are refused", async () => {
    const unknown = await api.call("POST", list(), { json: { name: "X", type: "pigeon" } });
    expect(unknown).toMatchObject({ status: 422, body: { error: { details: [{ path: "type" }] } } });
    const wrong = await api.call("POST", list(), { json: { name: "X", type: "http", config: { url: 5 } } });
    expect(wrong).toMatchObject({ status: 422, body: { error: { details: [{ path: "config.url" }] } } });
  });
});
