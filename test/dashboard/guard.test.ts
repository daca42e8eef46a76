import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";

let dashboard: TestDashboard;
let carol: string;
let root: string;

beforeAll(async () => {
  dashboard = await startTestDashboard();
  carol = await dashboard.signIn("carol");
  root = await dashboard.signIn("root");
});

afterAll(() => dashboard.stop());

const OPEN = [
  "GET /",
  "GET /pages/login",
  "POST /pages/login",
  "POST /pages/logout",
  "GET /pages/login/code",
  "POST /pages/login/code",
  "POST /pages/login/passkey",
  "GET /pages/login/oidc",
  "GET /pages/login/oidc/callback",
  "GET /pages/first-sign-in",
  "POST /pages/first-sign-in",
  ...["GET /pages/forgot-password", "POST /pages/forgot-password"],
  ...["GET /pages/reset-password", "POST /pages/reset-password"],
  ...["GET /pages/confirm-email", "POST /pages/confirm-email"],
  ...["GET /invitation", "POST /invitation"],
  "GET /docs",
  "GET /docs/:chapter",
];

type Walked = Readonly<{ method: "GET" | "POST"; path: string; name: string }>;

/** Read from the framework, so that no route can be mounted outside the list. */
function registered(): readonly Walked[] {
  return dashboard.routes.map(({ method, path }) => ({
    method: method === "GET" ? "GET" : "POST",
    path: path.replace(/:\w+/g, newId()),
    name: `${method} ${path}`,
  }));
}

function guarded(): readonly Walked[] {
  return registered().filter(({ name }) => !OPEN.includes(name) && !name.startsWith("GET /assets/"));
}

function ask({ method, path }: Walked, options: Parameters<TestDashboard["ask"]>[1] = {}) {
  return dashboard.ask(path, { method, ...options });
}

describe("every page and form", () => {
  test("is known to this test, and none matches every path", () => {
    const names = registered().map(({ name }) => name);
    expect(names.filter((name) => name.includes("*") || !/^(GET|POST) /.test(name))).toEqual([]);
    expect(OPEN.filter((name) => !names.includes(name))).toEqual([]);
    expect(guarded().length).toBeGreaterThan(30);
  });

  test("redirects to sign-in without a session, and names the page to return to", async () => {
    for (const route of guarded()) {
      const answer = await ask(route);
      expect([route.name, answer.status]).toEqual([route.name, 303]);
      const next = route.method === "GET" && route.path !== "/sources";
      expect(answer.headers.get("location")).toBe(
        next ? `/pages/login?next=${encodeURIComponent(route.path)}` : "/pages/login",
      );
      expect(await answer.text()).toBe("");
    }
  });

  test("makes htmx load the sign-in page as a whole", async () => {
    for (const route of guarded()) {
      const answer = await ask(route, { headers: { "hx-request": "true" } });
      expect(answer.headers.get("hx-redirect")).toStartWith("/pages/login");
      expect(await answer.text()).toBe("");
    }
  });

  test("that changes something refuses another site's page, whoever is signed in", async () => {
    const posts = registered().filter(({ method }) => method === "POST");
    expect(posts.length).toBeGreaterThan(15);
    for (const route of posts) {
      for (const headers of [{ "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }]) {
        const answer = await ask(route, { cookie: root, headers });
        expect([route.name, answer.status]).toEqual([route.name, 403]);
      }
    }
    expect((await dashboard.ask("/profile", { cookie: root })).status).toBe(200);
  });

  test("changes nothing on GET: forms' actions do not respond to it", async () => {
    const pages = new Set(
      registered().flatMap(({ name }) => (name.startsWith("GET ") ? [name.slice(4)] : [])),
    );
    for (const { method, path, name } of guarded()) {
      if (method !== "POST" || pages.has(name.slice(5))) continue;
      const answer = await dashboard.ask(path, { cookie: root });
      expect([404, 405]).toContain(answer.status);
    }
  });

  test("of administration is refused to other users", async () => {
    const admin = guarded().filter(({ path }) => path.startsWith("/admin"));
    expect(admin.length).toBeGreaterThan(5);
    for (const route of admin) {
      const answer = await ask(route, { cookie: carol });
      expect([route.name, answer.status]).toEqual([route.name, 403]);
      expect(await answer.text()).toContain("for administrators");
    }
    expect(await (await dashboard.ask("/profile", { cookie: carol })).text()).not.toContain('href="/admin');
  });

  test("is stored in no cache and can be framed by nobody", async () => {
    for (const { method, path, name } of registered()) {
      // The manual sets its own caching; it has nobody's data.
      if (method !== "GET" || name.startsWith("GET /assets/") || name.startsWith("GET /docs")) continue;
      for (const cookie of [null, root]) {
        const answer = await dashboard.ask(path, { cookie });
        expect([name, answer.headers.get("cache-control")]).toEqual([name, "no-store"]);
        // Without a session, pages of portals say only that the link is over.
        const framed = name.startsWith("GET /portal/") ? "frame-ancestors *" : "frame-ancestors 'none'";
        expect([name, answer.headers.get("content-security-policy")]).toEqual([
          name,
          expect.stringContaining(framed),
        ]);
        await answer.body?.cancel();
      }
    }
  });
});

describe("a form that is posted after the session ended", () => {
  test("returns to the page that contained it", async () => {
    const { url } = dashboard.server;
    const asked = (referer: string) =>
      dashboard.ask("/profile/api-keys", { form: { name: "x" }, headers: { referer } });
    const answer = await asked(`${url}/profile?a=1`);
    expect(answer.headers.get("location")).toBe("/pages/login?next=%2Fprofile%3Fa%3D1");
    const elsewhere = await asked("https://evil.example/profile");
    expect(elsewhere.headers.get("location")).toBe("/pages/login");
  });
});
