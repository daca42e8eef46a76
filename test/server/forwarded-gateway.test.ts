/** A real gateway that leads, as people and programs reach it through a follower. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startNode } from "../http/cluster/pair.ts";
import { cookieOf, PASSWORD, startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";

const PUBLIC = "https://hooks.example";

let leader: TestDashboard;
let follower: ReturnType<typeof startNode>;
let webhookId: string;

beforeAll(async () => {
  leader = await startTestDashboard({ BASE_URL: PUBLIC });
  follower = startNode("b", () => ({ node: "a", url: leader.server.url }));
  ({ id: webhookId } = await leader.useCases.webhooks.create({
    userId: leader.carolId,
    input: { name: "Orders" },
  }));
});
afterAll(async () => {
  await follower.stop();
  await leader.stop();
});

/** As a browser that knows the follower as hooks.example. */
function ask(path: string, init: BunFetchRequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("host", "hooks.example");
  return fetch(follower.url + path, { redirect: "manual", ...init, headers });
}

function signIn(origin: string): Promise<Response> {
  return ask("/pages/login", {
    method: "POST",
    headers: { origin, "content-type": "application/x-www-form-urlencoded", accept: "text/html" },
    body: new URLSearchParams({ username: "carol", password: PASSWORD }).toString(),
  });
}

describe("through a follower", () => {
  test("a person signs in with a secure cookie, and sees the pages that the leader shows", async () => {
    const signedIn = await signIn(PUBLIC);
    expect(signedIn.status).toBe(303);
    expect(signedIn.headers.getSetCookie().join()).toMatch(/webhooker_session=[^,]+; .*Secure/);
    const cookie = cookieOf(signedIn);
    const page = await ask(`/source/${webhookId}`, { headers: { cookie, accept: "text/html" } });
    expect([page.status, (await page.text()).includes("Orders")]).toEqual([200, true]);
    expect(page.headers.get("content-security-policy")).toContain("hooks.example/assets/");
  });

  test("another site's page can do as little as directly", async () => {
    const refused = await signIn("https://evil.example");
    expect(refused.status).toBe(403);
  });

  test("a live page is kept up to date", async () => {
    const cookie = cookieOf(await signIn(PUBLIC));
    const stream = await ask(`/source/${webhookId}/logs/live`, { headers: { cookie } });
    expect(stream.headers.get("content-type")).toStartWith("text/event-stream");
    const reader = stream.body?.getReader();
    expect((await reader?.read())?.value?.byteLength).toBeGreaterThan(0);
    await reader?.cancel();
  });

  test("a program exports a webhook and imports it again", async () => {
    const { token } = leader.apiKeys.create({ userId: leader.carolId, name: "transfer" });
    const authorization = `Bearer ${token}`;
    const exported = await ask(`/api/v1/webhooks/${webhookId}/export`, { headers: { authorization } });
    expect(exported.status).toBe(200);
    const file = await exported.bytes();
    const imported = await ask("/api/v1/webhooks/import", {
      method: "POST",
      headers: { authorization, "content-type": "application/vnd.sqlite3" },
      body: file,
    });
    expect([imported.status, await imported.json()]).toMatchObject([201, { webhook: { name: "Orders" } }]);
  });
});
