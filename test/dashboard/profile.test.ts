import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { cookieOf, PASSWORD, startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";

let dashboard: TestDashboard;
let carol: string;

beforeEach(async () => {
  dashboard = await startTestDashboard();
  carol = await dashboard.signIn("carol");
});

afterEach(() => dashboard.stop());

async function textOf(path: string, cookie = carol): Promise<string> {
  return (await dashboard.ask(path, { cookie })).text();
}

function tokenIn(page: string): string | undefined {
  return /whk_[\w-]{43}/.exec(page)?.[0];
}

describe("API keys", () => {
  test("are shown once, to the session that created them", async () => {
    const made = await dashboard.ask("/profile/api-keys", { form: { name: "deploy" }, cookie: carol });
    expect(made.status).toBe(303);
    const path = made.headers.get("location") ?? "";
    expect(tokenIn(path)).toBeUndefined();
    const other = await dashboard.signIn("root");
    expect(tokenIn(await textOf(path, other))).toBeUndefined();
    const token = tokenIn(await textOf(path)) ?? "";
    expect(dashboard.apiKeys.authenticate(token)?.userId).toBe(dashboard.carolId);
    expect(tokenIn(await textOf(path))).toBeUndefined();
    expect(await textOf("/profile")).toContain(token.slice(0, 8));
  });

  test("are shown beside a link to the API's description", async () => {
    expect(await textOf("/profile")).toContain('href="/api/v1/openapi.json" hx-boost="false"');
  });

  test("need a name, and the typed one stays in its field", async () => {
    const name = "x".repeat(201);
    const answer = await dashboard.ask("/profile/api-keys", { form: { name }, cookie: carol });
    expect(answer.status).toBe(422);
    const page = await answer.text();
    expect(page).toContain(`value="${name}"`);
    expect(page).toContain("Must have 1 to 200 characters.");
  });

  test("get the limits that the form asks for, and show them with their last use", async () => {
    const of = { userId: dashboard.carolId };
    const { id } = await dashboard.useCases.webhooks.create({ ...of, input: { name: "Shop <b>" } });
    const form = {
      name: "status page",
      access: "some",
      "scope.events:read": "true",
      webhooks: "Shop <b>\r\n",
      expires: "30",
    };
    expect((await dashboard.ask("/profile/api-keys", { form, cookie: carol })).status).toBe(303);
    const [apiKey] = dashboard.apiKeys.list(of);
    const expiresAt = dashboard.clock.now() + 30 * 86_400_000;
    expect(apiKey).toMatchObject({ scopes: ["events:read"], webhookIds: [id], expiresAt });
    dashboard.apiKeys.uses.note({ id: apiKey?.id ?? "", from: "192.0.2.9" });
    const page = await textOf("/profile");
    for (const text of ["events:read", "on Shop &lt;b&gt;", "from 192.0.2.9"]) expect(page).toContain(text);
    dashboard.clock.jump(31 * 86_400_000);
    expect(await textOf("/profile", await dashboard.signIn("carol"))).toContain("expired");
  });

  test("with limits that cannot be are refused beside their fields, which stay as typed and are open", async () => {
    const form = { name: "x", access: "some", webhooks: "Nothing of this name" };
    const answer = await dashboard.ask("/profile/api-keys", { form, cookie: carol });
    expect(answer.status).toBe(422);
    const page = await answer.text();
    expect(page).toContain("Must have at least one scope.");
    expect(page).toContain("Must be among the webhooks of the user.");
    expect(page).toContain("Nothing of this name");
    expect(page).toContain('<details class="more" open>');
  });

  test("are revoked after a confirmation, and are refused from then on", async () => {
    const { apiKey, token } = dashboard.apiKeys.create({ userId: dashboard.carolId, name: "deploy" });
    const path = `/profile/api-keys/${apiKey.id}/revoke`;
    const asked = await dashboard.ask(path, { form: {}, cookie: carol });
    expect(await asked.text()).toContain("Programs that use it are refused immediately.");
    expect(dashboard.apiKeys.authenticate(token)).not.toBeNull();
    const done = await dashboard.ask(path, { form: { confirmed: "yes" }, cookie: carol });
    expect(done.headers.get("location")).toBe("/profile");
    expect(dashboard.apiKeys.authenticate(token)).toBeNull();
  });

  test("of others are not found", async () => {
    const { apiKey, token } = dashboard.apiKeys.create({ userId: dashboard.rootId, name: "root's" });
    for (const id of [apiKey.id, newId(), "x"]) {
      const path = `/profile/api-keys/${id}/revoke`;
      // Also before the confirmation, which shows the key's name.
      for (const form of [{}, { confirmed: "yes" }]) {
        expect((await dashboard.ask(path, { form, cookie: carol })).status).toBe(404);
      }
    }
    expect(dashboard.apiKeys.authenticate(token)).not.toBeNull();
    expect(await textOf("/profile")).not.toContain("root's");
  });

  test("show their names as text", async () => {
    const name = `<img src=x onerror=alert(1)>"'&amp;`;
    dashboard.apiKeys.create({ userId: dashboard.carolId, name });
    const page = await textOf("/profile");
    expect(page).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(page).not.toContain("<img");
  });
});

describe("the password", () => {
  const NEW = "another-long-password";
  const change = (form: Record<string, string>) =>
    dashboard.ask("/profile/password", { form, cookie: carol });

  test("is changed by the user who knows it, which ends every other session and keeps this browser signed in", async () => {
    const elsewhere = await dashboard.signIn("carol");
    const answer = await change({ current_password: PASSWORD, password: NEW });
    expect(answer.status).toBe(303);
    expect((await dashboard.ask("/profile", { cookie: elsewhere })).status).toBe(303);
    expect((await dashboard.ask("/profile", { cookie: carol })).status).toBe(303);
    expect((await dashboard.ask("/profile", { cookie: cookieOf(answer) })).status).toBe(200);
    expect(await dashboard.signIn("carol", NEW)).not.toBe("");
  });

  test("is unchanged if the current one is wrong or the new one too short, and is not repeated", async () => {
    const wrong = await change({ current_password: "not-my-password", password: NEW });
    expect(wrong.status).toBe(422);
    const page = await wrong.text();
    expect(page).toContain("This is not your password.");
    expect(page).not.toContain("not-my-password");
    expect(page).not.toContain(NEW);
    const short = await change({ current_password: PASSWORD, password: "short-1" });
    expect(short.status).toBe(422);
    expect(await short.text()).toContain("Has fewer than 10 characters.");
    expect(await dashboard.signIn("carol")).not.toBe("");
  });

  test("cannot be guessed here either", async () => {
    for (let count = 0; count < 5; count++) await change({ current_password: "guess", password: NEW });
    const page = await (await change({ current_password: PASSWORD, password: NEW })).text();
    expect(page).toContain("Too many attempts.");
    expect(await dashboard.users.verifyPassword({ username: "carol", password: PASSWORD })).not.toBeNull();
  });
});

describe("sessions", () => {
  test("are listed, and ended one by one or all but this one", async () => {
    const [second, third, fourth] = [
      await dashboard.signIn("carol"),
      await dashboard.signIn("carol"),
      await dashboard.signIn("carol"),
    ];
    const page = await textOf("/profile");
    const paths = [...page.matchAll(/\/profile\/sessions\/[0-9a-f]{64}\/end/g)].map(([path]) => path);
    expect(paths).toHaveLength(3);
    await dashboard.ask(paths[0] ?? "", { form: {}, cookie: carol });
    const alive = async (cookie: string) => (await dashboard.ask("/profile", { cookie })).status === 200;
    const states = [await alive(second), await alive(third), await alive(fourth)];
    expect(states.filter(Boolean)).toHaveLength(2);
    await dashboard.ask("/profile/sessions/end-others", { form: {}, cookie: carol });
    expect([await alive(second), await alive(third), await alive(fourth)]).toEqual([false, false, false]);
    expect(await alive(carol)).toBe(true);
  });

  test("end after a time that the page names and the configuration sets", async () => {
    const strict = await startTestDashboard({ SESSION_IDLE_HOURS: "8", SESSION_MAX_DAYS: "1" });
    const cookie = await strict.signIn("carol");
    const page = await strict.ask("/profile", { cookie });
    expect(await page.text()).toContain("after 8 hours without use, and 1 day after its sign-in");
    let kept = cookie;
    for (let hours = 0; hours < 21; hours += 7) {
      strict.clock.advance(7 * 3_600_000);
      const answer = await strict.ask("/profile", { cookie: kept });
      expect(answer.status).toBe(200);
      kept = cookieOf(answer);
    }
    strict.clock.advance(3 * 3_600_000 + 1);
    expect((await strict.ask("/profile", { cookie: kept })).status).toBe(303);
    await strict.stop();
  });

  test("of others are not found", async () => {
    const root = await dashboard.signIn("root");
    const [session] = dashboard.sessions.list({ userId: dashboard.rootId });
    const path = `/profile/sessions/${session?.id}/end`;
    expect((await dashboard.ask(path, { form: {}, cookie: carol })).status).toBe(404);
    expect((await dashboard.ask("/profile", { cookie: root })).status).toBe(200);
  });
});
