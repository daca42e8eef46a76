import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { z } from "zod";
import { SCOPES, type Scope } from "../../src/auth/scopes.ts";
import { addressOf } from "../support/registered-routes.ts";
import { ADA_TOKEN, BOB_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

let api: TestApi;

beforeEach(async () => {
  api = await startTestApi();
});

afterEach(() => api.stop());

/** The scope of every operation; null: any key will do. An operation that is missing here fails a test. */
const EXPECTED: Readonly<Record<Scope | "none" | "public", readonly string[]>> = {
  "webhooks:read": [
    ...["GET /webhooks", "GET /webhooks/:webhook_id"],
    ...["GET /webhooks/:webhook_id/entrypoints", "GET /webhooks/:webhook_id/entrypoints/:entrypoint_id"],
    ...["GET /webhooks/:webhook_id/targets", "GET /webhooks/:webhook_id/targets/:target_id"],
    "GET /webhooks/:webhook_id/targets/:target_id/transformations",
    "GET /webhooks/:webhook_id/targets/:target_id/numbers",
    ...["GET /teams", "GET /webhooks/:webhook_id/members", "GET /config"],
    ...["GET /event-types", "GET /event-types/:event_type_id", "GET /event-type-settings"],
    ...["GET /portal-settings", "GET /webhooks/:webhook_id/portal-links"],
  ],
  "webhooks:write": [
    ...["POST /event-types", "PATCH /event-types/:event_type_id", "DELETE /event-types/:event_type_id"],
    ...["PATCH /event-type-settings", "PATCH /portal-settings"],
    ...["POST /event-types/unmanage", "POST /portal-settings/unmanage"],
    ...["POST /webhooks/:webhook_id/portal-links", "DELETE /webhooks/:webhook_id/portal-links"],
    "DELETE /webhooks/:webhook_id/portal-links/:link_id",
    ...["POST /webhooks", "POST /webhooks/import", "PUT /config"],
    ...["PATCH /webhooks/:webhook_id", "DELETE /webhooks/:webhook_id"],
    "POST /webhooks/:webhook_id/notices/test",
    "POST /webhooks/:webhook_id/unmanage",
    "POST /webhooks/:webhook_id/entrypoints",
    "PATCH /webhooks/:webhook_id/entrypoints/:entrypoint_id",
    "DELETE /webhooks/:webhook_id/entrypoints/:entrypoint_id",
    "POST /webhooks/:webhook_id/entrypoints/:entrypoint_id/verification/test",
    "POST /webhooks/:webhook_id/entrypoints/:entrypoint_id/activate",
    "POST /webhooks/:webhook_id/entrypoints/:entrypoint_id/deactivate",
    "POST /webhooks/:webhook_id/targets",
    "PATCH /webhooks/:webhook_id/targets/:target_id",
    "DELETE /webhooks/:webhook_id/targets/:target_id",
    "POST /webhooks/:webhook_id/targets/:target_id/try",
    "POST /webhooks/:webhook_id/targets/:target_id/signing/rotate",
    "POST /webhooks/:webhook_id/targets/:target_id/activate",
    "POST /webhooks/:webhook_id/targets/:target_id/deactivate",
    "POST /webhooks/:webhook_id/rejected/delete",
    "DELETE /webhooks/:webhook_id/rejected/:rejected_id",
  ],
  "events:read": [
    "GET /webhooks/:webhook_id/export",
    ...["GET /webhooks/:webhook_id/events", "POST /webhooks/:webhook_id/query"],
    "GET /webhooks/:webhook_id/events/:event_id",
    "GET /webhooks/:webhook_id/events/:event_id/body",
    "GET /webhooks/:webhook_id/events/:event_id/deliveries",
    "GET /webhooks/:webhook_id/events/:event_id/results/:result_id/sent",
    "GET /webhooks/:webhook_id/rejected",
    "GET /webhooks/:webhook_id/rejected/:rejected_id",
    "GET /webhooks/:webhook_id/rejected/:rejected_id/body",
    "GET /webhooks/:webhook_id/replays",
    "GET /webhooks/:webhook_id/replays/:replay_id",
    "GET /problems",
  ],
  publish: ["POST /webhooks/:webhook_id/events", "POST /webhooks/:webhook_id/events/batch"],
  replay: [
    "POST /webhooks/:webhook_id/events/:event_id/replay",
    "POST /webhooks/:webhook_id/rejected/verify",
    "POST /problems/:problem_id/acknowledge",
    "POST /webhooks/:webhook_id/replays",
    "POST /webhooks/:webhook_id/replays/:replay_id/pause",
    "POST /webhooks/:webhook_id/replays/:replay_id/resume",
    "POST /webhooks/:webhook_id/replays/:replay_id/cancel",
    "POST /webhooks/:webhook_id/replays/:replay_id/targets/:target_id/remove",
    "POST /webhooks/:webhook_id/targets/:target_id/pause",
    "POST /webhooks/:webhook_id/targets/:target_id/resume",
    "POST /webhooks/:webhook_id/targets/:target_id/release",
    "POST /webhooks/:webhook_id/targets/:target_id/discard-held",
    "POST /webhooks/:webhook_id/targets/:target_id/reset-circuit",
  ],
  pull: ["POST /webhooks/:webhook_id/targets/:target_id/pull"],
  admin: [
    ...["GET /api-keys", "POST /api-keys", "GET /api-keys/:key_id", "DELETE /api-keys/:key_id"],
    ...["GET /audit", "GET /audit/export"],
    ...["POST /teams", "GET /teams/:team_id", "PATCH /teams/:team_id", "DELETE /teams/:team_id"],
    ...["POST /teams/:team_id/users", "DELETE /teams/:team_id/users/:user_id"],
    ...["POST /webhooks/:webhook_id/members", "PATCH /webhooks/:webhook_id/members/:member_id"],
    "DELETE /webhooks/:webhook_id/members/:member_id",
    ...["GET /invitations", "POST /invitations", "POST /invitations/:invitation_id/renew"],
    "DELETE /invitations/:invitation_id",
    ...["GET /webhooks/:webhook_id/invitations", "POST /webhooks/:webhook_id/invitations"],
    "POST /webhooks/:webhook_id/invitations/:invitation_id/renew",
    "DELETE /webhooks/:webhook_id/invitations/:invitation_id",
    ...["POST /webhooks/:webhook_id/leave", "POST /webhooks/:webhook_id/transfer"],
  ],
  none: ["GET /me"],
  public: ["GET /openapi.json", "GET /config.schema.json"],
};

const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const keySchema = z.object({ id: z.string(), key: z.string() });

const ANY = "11111111-1111-4111-8111-111111111111";

/** Ids of Ada's objects; the others are of nothing. */
function ids(): Record<string, string> {
  const others = [
    "result_id",
    "replay_id",
    "rejected_id",
    "key_id",
    "problem_id",
    "event_type_id",
    "team_id",
    "user_id",
    "member_id",
    "invitation_id",
    "link_id",
  ].map((name) => [name, ANY]);
  return {
    ...Object.fromEntries(others),
    webhook_id: api.webhook.id,
    entrypoint_id: api.entrypoint.id,
    target_id: api.target.id,
    event_id: api.event.id,
  };
}

function tokenOf(limits: { scopes?: Scope[]; webhookIds?: string[]; userId?: string }): string {
  return api.parts.apiKeys.create({ userId: api.ada, name: "Tests", ...limits }).token;
}

function codeOf(body: unknown): string | null {
  const read = errorSchema.safeParse(body);
  return read.success ? read.data.error.code : null;
}

const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;

describe("the scopes of the operations", () => {
  test("are all in this table, and only operations that exist are", () => {
    expect(Object.values(EXPECTED).flat().toSorted()).toEqual(api.routes.map(nameOf).toSorted());
  });

  test("let a key with one scope do exactly what this table says, and the refusal names the scope", async () => {
    const wrong: string[] = [];
    for (const { name } of SCOPES) {
      const token = tokenOf({ scopes: [name] });
      const isLast = ({ method, path }: { method: string; path: string }) =>
        Number(method === "DELETE" && path === "/webhooks/:webhook_id");
      for (const route of api.routes.toSorted((a, b) => isLast(a) - isLast(b))) {
        const json = route.method === "GET" || route.method === "DELETE" ? {} : { json: {} };
        const { status, text } = await api.call(route.method, addressOf(route.path, ids()), {
          ...json,
          token,
        });
        const open = [...EXPECTED.none, ...EXPECTED.public, ...EXPECTED[name]];
        const needed = SCOPES.find((scope) => EXPECTED[scope.name].includes(nameOf(route)))?.name;
        const isRefused = status === 403 && text.includes(`scope ${needed}.`);
        // The handler of an export asks for a second scope, and the one of invitations for an administrator.
        const isOther = route.path.endsWith("/export") || text.includes("invitations_by_admins");
        const isRight = open.includes(nameOf(route)) ? status !== 403 || isOther : isRefused;
        if (!isRight) wrong.push(`${name}, ${nameOf(route)}: ${status} ${text}`);
      }
      // The next scope begins with all objects there.
      await api.stop();
      api = await startTestApi();
    }
    expect(wrong).toEqual([]);
  });

  test("are in the OpenAPI document", async () => {
    const operation = z.object({ "x-required-scope": z.string().optional(), responses: z.looseObject({}) });
    const document = z
      .object({ paths: z.record(z.string(), z.record(z.string(), operation)) })
      .parse((await api.call("GET", "/openapi.json")).body);
    for (const { method, path } of api.routes) {
      const described = document.paths[path.replaceAll(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
      const expected = SCOPES.find(({ name }) => EXPECTED[name].includes(`${method} ${path}`))?.name;
      expect([method, path, described?.["x-required-scope"]]).toEqual([method, path, expected]);
      if (expected !== undefined) expect(described?.responses).toHaveProperty("403");
    }
  });

  test("of an export are two, and three with a passphrase", async () => {
    const path = `/webhooks/${api.webhook.id}/export`;
    const passphrase = { "x-webhooker-passphrase": Buffer.from("open sesame").toString("base64") };
    const ask = async (scopes: Scope[], headers = {}) =>
      (await api.call("GET", path, { token: tokenOf({ scopes }), init: { headers } })).status;
    expect(await ask(["events:read"])).toBe(403);
    expect(await ask(["events:read", "webhooks:read"])).toBe(200);
    expect(await ask(["events:read", "webhooks:read"], passphrase)).toBe(403);
    expect(await ask(["events:read", "webhooks:read", "admin"], passphrase)).toBe(200);
  });
});

describe("a key for some webhooks", () => {
  test("finds those only, on every operation, and can create none", async () => {
    const other = await api.useCases.webhooks.create({ userId: api.ada, input: { name: "Other" } });
    const token = tokenOf({ webhookIds: [other.id] });
    const listed = z
      .object({ data: z.array(z.object({ id: z.string() })) })
      .parse((await api.call("GET", "/webhooks", { token })).body);
    expect(listed.data.map(({ id }) => id)).toEqual([other.id]);
    expect((await api.call("GET", `/webhooks/${other.id}`, { token })).status).toBe(200);
    const wrong: string[] = [];
    for (const route of api.routes) {
      const json = route.method === "GET" || route.method === "DELETE" ? {} : { json: {} };
      const { status, body } = await api.call(route.method, addressOf(route.path, ids()), { ...json, token });
      const isRight = /:(webhook|problem)_id/.test(route.path)
        ? status === 404
        : ["/me", "/webhooks", "/problems", "/openapi.json", "/config.schema.json"].includes(route.path) &&
            route.method === "GET"
          ? status === 200
          : status === 403 && codeOf(body) === "key_limited_to_webhooks";
      if (!isRight) wrong.push(`${nameOf(route)}: ${status}`);
    }
    expect(wrong).toEqual([]);
    expect(api.mainDb.webhooks.find(api.webhook.id)).not.toBeNull();
  });

  test("sends its notices to no target of another webhook", async () => {
    const other = await api.useCases.webhooks.create({ userId: api.ada, input: { name: "Other" } });
    const config = { url: "https://chat.example/hook" };
    const input = { name: "Chat", type: "http", config };
    const target = await api.useCases.targets.create({ ...api.of, input });
    const json = { notices: { target_id: target.id } };
    const ask = async (token: string) =>
      (await api.call("PATCH", `/webhooks/${other.id}`, { json, token })).text;
    expect(await ask(tokenOf({ webhookIds: [other.id] }))).toContain("is not one of your targets");
    expect(await ask(ADA_TOKEN)).not.toContain("is not one of your targets");
  });
});

describe("keys by API", () => {
  test("are created, listed and revoked, and the key itself is shown once", async () => {
    const expires_at = new Date(api.clock.now() + 60_000).toISOString();
    const json = { name: "status", scopes: ["events:read"], webhook_ids: [api.webhook.id], expires_at };
    const made = await api.call("POST", "/api-keys", { json });
    expect(made.status).toBe(201);
    const { id, key } = keySchema.parse(made.body);
    expect(made.headers.get("location")).toBe(`/api/v1/api-keys/${id}`);
    const me = await api.call("GET", "/me", { token: key });
    const { name: _name, ...limits } = json;
    expect(me.body).toEqual({ user_id: api.ada, api_key_id: id, ...limits });
    const read = await api.call("GET", `/api-keys/${id}`);
    expect(read.body).toMatchObject({ ...json, prefix: key.slice(0, 8), last_used_from: "127.0.0.1" });
    expect((await api.call("GET", "/api-keys")).text).not.toContain(key);
    expect((await api.call("DELETE", `/api-keys/${id}`)).status).toBe(204);
    expect((await api.call("GET", "/me", { token: key })).status).toBe(401);
  });

  test("of others are not found, and a key creates none that may do more than itself", async () => {
    const { id } = keySchema.parse((await api.call("POST", "/api-keys", { json: { name: "mine" } })).body);
    for (const method of ["GET", "DELETE"]) {
      expect((await api.call(method, `/api-keys/${id}`, { token: BOB_TOKEN })).status).toBe(404);
    }
    const token = tokenOf({ scopes: ["admin", "replay"] });
    const ask = (json: unknown) => api.call("POST", "/api-keys", { json, token });
    expect((await ask({ name: "less", scopes: ["replay"] })).status).toBe(201);
    for (const scopes of [null, ["webhooks:read"], ["admin", "replay", "events:read"]]) {
      const { status, text } = await ask({ name: "more", scopes });
      expect([status, text.includes("must be among those of your own key")]).toEqual([422, true]);
    }
  });
});
