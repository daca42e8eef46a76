import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cookieOf, PASSWORD, startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";

let dashboard: TestDashboard;

beforeAll(async () => {
  dashboard = await startTestDashboard();
});

afterAll(() => dashboard.stop());

const DAY_MS = 24 * 60 * 60_000;

function post(form: Record<string, string>, more: { query?: string; from?: string; cookie?: string } = {}) {
  return dashboard.ask(`/pages/login${more.query ?? ""}`, {
    form,
    cookie: more.cookie ?? null,
    headers: { "x-forwarded-for": more.from ?? "192.0.2.50" },
  });
}

/** A page without the random challenge that it offers to passkeys. */
function withoutChallenge(page: string): string {
  return page.replace(/data-options="[^"]*"/, "").replace(/name="passkey_challenge" value="[^"]*"/, "");
}

/** The cookie that identifies a browser in which somebody has signed in. */
function deviceOf(answer: Response): string {
  const set = answer.headers.getSetCookie().find((line) => line.startsWith("webhooker_device="));
  return set?.split(";", 1)[0] ?? "";
}

describe("signing in", () => {
  test("leads to the webhooks and sets a cookie that scripts and other sites' forms do not get", async () => {
    const answer = await post({ username: "carol", password: PASSWORD });
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toBe("/sources");
    const [line = ""] = answer.headers.getSetCookie();
    const [pair = "", ...attributes] = line.split("; ");
    expect(pair).toMatch(/^webhooker_session=ey[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(attributes.sort()).toEqual([
      "HttpOnly",
      `Max-Age=${(14 * DAY_MS) / 1_000}`,
      "Path=/",
      "SameSite=Lax",
    ]);
  });

  test("over HTTPS sets a cookie for HTTPS and this host only", async () => {
    const secure = await startTestDashboard({ BASE_URL: "https://hooks.example" });
    const answer = await secure.ask("/pages/login", { form: { username: "carol", password: PASSWORD } });
    const [line = ""] = answer.headers.getSetCookie();
    expect(line).toStartWith("__Host-webhooker_session=");
    expect(line.split("; ")).toContain("Secure");
    expect(line).not.toContain("Domain");
    const page = await secure.ask("/profile", { cookie: cookieOf(answer) });
    expect(page.status).toBe(200);
    await secure.stop();
  });

  test("leads to the requested page, on this site only", async () => {
    const form = { username: "carol", password: PASSWORD };
    const kept = await post({ ...form, next: "/profile?a=1" });
    expect(kept.headers.get("location")).toBe("/profile?a=1");
    for (const next of ["//evil.example", "https://evil.example/", "/\\evil.example"]) {
      expect((await post({ ...form, next })).headers.get("location")).toBe("/sources");
      const query = `?next=${encodeURIComponent(next)}`;
      expect((await post(form, { query })).headers.get("location")).toBe("/sources");
    }
  });

  test("gives the same response to an unknown name and to a wrong password", async () => {
    const from = "192.0.2.51";
    const wrong = await post({ username: "carol", password: "wrong-password" }, { from });
    const unknown = await post({ username: "nobody", password: "wrong-password" }, { from });
    expect([wrong.status, unknown.status]).toEqual([422, 422]);
    const text = (await wrong.text()).replace('value="carol"', 'value="nobody"');
    expect(withoutChallenge(await unknown.text())).toBe(withoutChallenge(text));
    expect(text).toContain("The username or password is wrong.");
    expect(text).not.toContain("wrong-password");
  });

  test("is not possible for a disabled user, with the same response as for others", async () => {
    const user = await dashboard.users.create({ username: "dora", password: PASSWORD, role: "user" });
    const cookie = await dashboard.signIn("dora");
    dashboard.users.disable(user.id);
    expect((await post({ username: "dora", password: PASSWORD }, { from: "192.0.2.52" })).status).toBe(422);
    expect((await dashboard.ask("/profile", { cookie })).status).toBe(303);
  });

  test("from another site's page is refused", async () => {
    const answer = await dashboard.ask("/pages/login", {
      form: { username: "carol", password: PASSWORD },
      headers: { "sec-fetch-site": "cross-site" },
    });
    expect(answer.status).toBe(403);
    expect(cookieOf(answer)).toBe("");
  });

  test("ends the browser's previous session", async () => {
    const before = await dashboard.signIn("carol");
    const answer = await post({ username: "carol", password: PASSWORD }, { cookie: before });
    expect((await dashboard.ask("/profile", { cookie: before })).status).toBe(303);
    expect((await dashboard.ask("/profile", { cookie: cookieOf(answer) })).status).toBe(200);
  });

  test("is throttled after many failures, with the right password too, and works after the wait", async () => {
    const from = "192.0.2.60";
    for (let count = 0; count < 10; count++)
      await post({ username: `ghost-${count}`, password: "x" }, { from });
    const refused = await post({ username: "carol", password: PASSWORD }, { from });
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await refused.text()).toContain("Too many attempts. Wait 1 second");
    dashboard.clock.advance(1_000);
    expect((await post({ username: "carol", password: PASSWORD }, { from })).status).toBe(303);
  });

  test("works in a browser that the user has signed in with, while others guess passwords", async () => {
    const cookie = deviceOf(await post({ username: "Carol", password: PASSWORD }, { from: "192.0.2.61" }));
    for (let count = 0; count < 20; count++) {
      await post({ username: "carol", password: "x" }, { from: `198.51.100.${count}` });
    }
    const from = "203.0.113.1";
    expect((await post({ username: "carol", password: PASSWORD }, { from })).status).toBe(429);
    expect((await post({ username: "carol", password: PASSWORD }, { from, cookie })).status).toBe(303);
    dashboard.clock.advance(DAY_MS);
  });

  test("throttles guesses equally for a name that has signed in there and for one that does not exist", async () => {
    for (const username of ["carol", "nobody-of-that-name"]) {
      const from = username === "carol" ? "192.0.2.71" : "192.0.2.72";
      if (username === "carol") await post({ username, password: PASSWORD }, { from });
      const statuses: number[] = [];
      for (let count = 0; count < 12; count++) {
        statuses.push((await post({ username, password: "x" }, { from })).status);
      }
      expect(statuses).toEqual([...Array(10).fill(422), 429, 429]);
      dashboard.clock.advance(DAY_MS);
    }
  });

  test("ignores another browser's cookie, and one that was changed", async () => {
    const carols = deviceOf(await post({ username: "carol", password: PASSWORD }));
    for (let count = 0; count < 20; count++) {
      await post({ username: "root", password: "x" }, { from: `198.51.100.${count}` });
    }
    for (const cookie of [carols, `${carols}x`, carols.replace("webhooker_device", "webhooker_session")]) {
      expect((await post({ username: "root", password: PASSWORD }, { cookie })).status).toBe(429);
      expect((await dashboard.ask("/profile", { cookie })).status).toBe(303);
    }
    dashboard.clock.advance(DAY_MS);
  });
});

describe("the sign-in page", () => {
  test("explains where the first password is, expanded until somebody has signed in", async () => {
    const fresh = await startTestDashboard();
    const before = await (await fresh.ask("/pages/login")).text();
    expect(before).toContain("webhooker user passwd admin");
    expect(before).toContain('<details class="hint" open>');
    await fresh.signIn("carol");
    const after = await (await fresh.ask("/pages/login")).text();
    expect(after).toContain("webhooker user passwd admin");
    expect(after).not.toContain('<details class="hint" open>');
    await fresh.stop();
  });

  test("redirects a reader who is signed in", async () => {
    const cookie = await dashboard.signIn("carol");
    const answer = await dashboard.ask("/pages/login?next=/profile", { cookie });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/profile"]);
  });

  test("is where the root leads without a session; with one it leads to the webhooks", async () => {
    expect((await dashboard.ask("/")).headers.get("location")).toBe("/pages/login");
    const cookie = await dashboard.signIn("carol");
    expect((await dashboard.ask("/", { cookie })).headers.get("location")).toBe("/sources");
  });
});

describe("a session", () => {
  test("ends with signing out, and its cookie then opens nothing", async () => {
    const cookie = await dashboard.signIn("carol");
    const answer = await dashboard.ask("/pages/logout", { method: "POST", cookie });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/pages/login"]);
    expect(answer.headers.getSetCookie().join()).toContain("webhooker_session=; Max-Age=0");
    expect((await dashboard.ask("/profile", { cookie })).status).toBe(303);
  });

  test("lasts while it is used, and ends after 14 days without use", async () => {
    const cookie = await dashboard.signIn("carol");
    dashboard.clock.advance(13 * DAY_MS);
    const renewed = await dashboard.ask("/profile", { cookie });
    expect(renewed.status).toBe(200);
    const later = cookieOf(renewed);
    expect(later).not.toBe("");
    dashboard.clock.advance(13 * DAY_MS);
    expect((await dashboard.ask("/profile", { cookie })).status).toBe(303);
    expect((await dashboard.ask("/profile", { cookie: later })).status).toBe(200);
    dashboard.clock.advance(15 * DAY_MS);
    expect((await dashboard.ask("/profile", { cookie: later })).status).toBe(303);
  });

  test("is not renewed by every request", async () => {
    const cookie = await dashboard.signIn("carol");
    dashboard.clock.advance(1_000);
    expect((await dashboard.ask("/profile", { cookie })).headers.getSetCookie()).toEqual([]);
  });

  test("cannot be forged, changed, or signed with no algorithm", async () => {
    const cookie = await dashboard.signIn("carol");
    const [name = "", token = ""] = cookie.split("=");
    const [, payload = "", signature = ""] = token.split(".");
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
    for (const forged of [
      `${none}.${payload}.`,
      `${none}.${payload}.${signature}`,
      token.slice(0, -4),
      "garbage",
      "",
    ]) {
      expect((await dashboard.ask("/profile", { cookie: `${name}=${forged}` })).status).toBe(303);
    }
    expect((await dashboard.ask("/profile", { cookie: `${cookie}; ${name}=planted` })).status).toBe(303);
  });
});

test("the link of the first start shows a button, which signs in once, and says so when it is used up", async () => {
  const fresh = await startTestDashboard();
  const link = `/pages/first-sign-in?token=${fresh.firstSignIn.offer(fresh.carolId)}`;
  const page = await (await fresh.ask(link)).text();
  expect(page).toContain("Sign in as carol");
  const form = { token: new URLSearchParams(link.split("?")[1]).get("token") ?? "" };
  const answer = await fresh.ask("/pages/first-sign-in", { form });
  expect([answer.status, answer.headers.get("location")]).toEqual([303, "/sources"]);
  const cookie = cookieOf(answer);
  expect(await (await fresh.ask("/profile", { cookie })).text()).toContain("carol");
  expect((await fresh.ask("/pages/first-sign-in", { form })).status).toBe(410);
  expect(await (await fresh.ask(link)).text()).toContain("This link cannot be used any more.");
  await fresh.stop();
});
