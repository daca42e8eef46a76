/** Requests without a key are refused, and nobody sees or changes another user's objects. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { BOB_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

let api: TestApi;
let replayId: string;
let routes: { method: string; path: string }[];

const OPEN = new Set(["/openapi.json", "/config.schema.json"]);

beforeAll(async () => {
  api = await startTestApi();
  replayId = await api.beginReplay();
  routes = [...api.routes];
});
afterAll(() => api.stop());

function withIds(path: string): string {
  return path
    .replace(":webhook_id", api.webhook.id)
    .replace(":entrypoint_id", api.entrypoint.id)
    .replace(":target_id", api.target.id)
    .replace(":event_id", api.event.id)
    .replace(":replay_id", replayId);
}

async function everything() {
  const { call, webhook, event } = api;
  const paths = ["/webhooks", `/webhooks/${webhook.id}/entrypoints`, `/webhooks/${webhook.id}/targets`];
  const answers = [...paths, `/webhooks/${webhook.id}/events/${event.id}`].map((path) => call("GET", path));
  return (await Promise.all(answers)).map(({ body }) => body);
}

test("every route except the document gives 401 without a key, before any input is read", async () => {
  expect(routes.length).toBeGreaterThan(25);
  for (const { method, path } of routes.filter((route) => !OPEN.has(route.path))) {
    const init = method === "GET" ? {} : { body: "{broken", headers: { "content-type": "text/odd" } };
    const answer = await api.call(method, withIds(path), { token: null, init });
    expect([method, path, answer.status]).toEqual([method, path, 401]);
    expect(answer.body).toMatchObject({ error: { code: "unauthenticated" } });
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="webhooker"');
  }
});

/** By the path's last word; other paths take a name. */
const bodies: Record<string, unknown> = {
  events: { entrypoint_id: "x" },
  invitations: { role: "viewer" },
  members: { username: "bob", role: "owner" },
  ":member_id": { role: "owner" },
  transfer: { username: "bob" },
  users: { username: "bob" },
  targets: { name: "X", type: "log" },
  replay: {},
  replays: { filter: {} },
  pull: {},
  acknowledge: {},
  rotate: {},
  try: {},
  verify: {},
  delete: {},
  "discard-held": {},
  "portal-links": {},
  query: { sql: "SELECT 1" },
  batch: { events: [{ type: "a", data: 1 }] },
  test: { verification: { type: "github", config: { secret: "a" } } },
};

/** By the path's first word. */
const MISSING: Record<string, string> = {
  webhooks: "No such webhook.",
  "api-keys": "No such API key.",
  teams: "No such team.",
  "event-types": "No such event type.",
  invitations: "No such invitation.",
  problems: "No such problem.",
};

test("every route on an object gives 404 to another user, and changes nothing", async () => {
  const before = await everything();
  const owned = routes.filter(({ path }) => path.includes(":"));
  expect(owned.length).toBeGreaterThan(20);
  for (const { method, path } of owned) {
    const json = method === "GET" ? undefined : (bodies[path.split("/").at(-1) ?? ""] ?? { name: "Mine" });
    const answer = await api.call(method, withIds(path), { token: BOB_TOKEN, json });
    expect([method, path, answer.status]).toEqual([method, path, 404]);
    const [, collection = ""] = path.split("/");
    const message = MISSING[collection];
    expect(answer.body).toMatchObject({ error: { code: "not_found", message } });
  }
  expect(await everything()).toEqual(before);
});

test("objects in another user's webhook cannot be reached through one's own", async () => {
  const mine = await api.useCases.webhooks.create({
    userId: api.mainDb.users.list().find(({ username }) => username === "bob")?.id ?? "",
    input: { name: "Mine" },
  });
  for (const { method, path } of routes.filter((route) => route.path.split(":").length > 2)) {
    const json = method === "GET" ? undefined : (bodies[path.split("/").at(-1) ?? ""] ?? { name: "Mine" });
    const answer = await api.call(method, withIds(path).replace(api.webhook.id, mine.id), {
      token: BOB_TOKEN,
      json,
    });
    expect([method, path, answer.status]).toEqual([method, path, 404]);
  }
});

test("lists show a user nothing of the others", async () => {
  const answer = await api.call("GET", "/webhooks", { token: BOB_TOKEN });
  expect(answer.text).not.toContain(api.webhook.id);
  expect((await api.call("GET", "/me", { token: BOB_TOKEN })).body).not.toEqual(
    (await api.call("GET", "/me")).body,
  );
});

for (const header of [
  "",
  "Bearer",
  "Bearer ",
  "Bearer nonsense",
  "whk_ada",
  "Basic d2hrX2FkYTo=",
  "Bearer whk_ada whk_ada",
  "Bearer whk_ada, Bearer whk_bob",
  `Bearer ${"a".repeat(5_000)}`,
  "Bearer ' OR 1=1 --",
]) {
  test(`"${header.slice(0, 40)}" is not a key, and is not repeated`, async () => {
    const answer = await api.call("GET", "/webhooks", {
      token: null,
      init: { headers: { authorization: header } },
    });
    expect(answer.status).toBe(401);
    expect(answer.text).not.toContain("nonsense");
  });
}

test("the scheme may be written in any case", async () => {
  const init = { headers: { authorization: "bearer whk_ada" } };
  expect((await api.call("GET", "/webhooks", { token: null, init })).status).toBe(200);
});
