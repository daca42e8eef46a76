import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";

let dashboard: TestDashboard;
let carol: string;

beforeAll(async () => {
  dashboard = await startTestDashboard();
  carol = await dashboard.signIn("carol");
});

afterAll(() => dashboard.stop());

describe("an error", () => {
  test("is a page with the layout, whether the reader is signed in or not", async () => {
    const known = await dashboard.ask("/no-such-page", { cookie: carol });
    expect(known.status).toBe(404);
    const page = await known.text();
    expect(page).toContain("Not found");
    expect(page).toContain('aria-label="Main"');
    expect(page).toContain(known.headers.get("x-request-id") ?? "no id");
    const unknown = await (await dashboard.ask("/no-such-page")).text();
    expect(unknown).not.toContain('aria-label="Main"');
    expect(unknown).toContain('href="/pages/login"');
  });

  test("repeats nothing of the URL", async () => {
    const page = await (await dashboard.ask("/%3Cscript%3Ealert(1)%3C/script%3E?x=%22onload=1")).text();
    expect(page).not.toContain("alert(1)");
    expect(page).not.toContain("onload");
  });

  test("is JSON for programs", async () => {
    const answer = await dashboard.ask("/no-such-page", { headers: { accept: "application/json" } });
    expect(answer.headers.get("content-type")).toStartWith("application/json");
  });

  test("of the server itself reveals nothing of its cause but the id to find it by", async () => {
    const list = dashboard.apiKeys.list;
    dashboard.apiKeys.list = () => {
      throw new Error("disk /secret/path is on fire");
    };
    const answer = await dashboard.ask("/profile", { cookie: carol });
    dashboard.apiKeys.list = list;
    expect(answer.status).toBe(500);
    const page = await answer.text();
    expect(page).not.toContain("/secret/path");
    const id = answer.headers.get("x-request-id") ?? "no id";
    expect(page).toContain(id);
    expect(dashboard.lines.some(({ level, fields }) => level === "error" && fields.request_id === id)).toBe(
      true,
    );
  });

  test("reports a form that is too large, and a body that is no form", async () => {
    const large = await dashboard.ask("/profile/api-keys", {
      form: { name: "x".repeat(300_000) },
      cookie: carol,
    });
    expect(large.status).toBe(413);
    const headers = { "content-type": "application/json" };
    const other = await dashboard.ask("/profile/api-keys", { form: { name: "x" }, headers, cookie: carol });
    expect(other.status).toBe(415);
  });
});

describe("a flash message", () => {
  test("is shown on the next page, once", async () => {
    const done = await dashboard.ask("/profile/sessions/end-others", { form: {}, cookie: carol });
    const flash = done.headers.getSetCookie()[0]?.split(";", 1)[0] ?? "";
    const first = await dashboard.ask("/profile", { cookie: `${carol}; ${flash}` });
    expect(await first.text()).toContain("You are signed out everywhere else.");
    expect(first.headers.getSetCookie().join()).toContain("webhooker_flash=; Max-Age=0");
    expect(await (await dashboard.ask("/profile", { cookie: carol })).text()).not.toContain(
      "You are signed out",
    );
  });

  test("is sent to this host only over HTTPS, and expires after a minute", async () => {
    const secure = await startTestDashboard({ BASE_URL: "https://hooks.example" });
    const cookie = await secure.signIn("carol");
    const done = await secure.ask("/profile/sessions/end-others", { form: {}, cookie });
    const line = done.headers.getSetCookie().find((each) => each.includes("webhooker_flash=")) ?? "";
    const [pair = "", ...attributes] = line.split("; ");
    expect(pair).toStartWith("__Host-webhooker_flash=");
    expect(attributes.sort()).toEqual(["HttpOnly", "Max-Age=60", "Path=/", "SameSite=Lax", "Secure"]);
    const page = await (await secure.ask("/profile", { cookie: `${cookie}; ${pair}` })).text();
    expect(page).toContain("You are signed out everywhere else.");
    secure.clock.advance(61_000);
    const late = await (await secure.ask("/profile", { cookie: `${cookie}; ${pair}` })).text();
    expect(late).not.toContain("You are signed out");
    await secure.stop();
  });

  test("cannot be forged by anybody else, as markup or as text, nor break the page", async () => {
    const planted = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    for (const value of [
      planted({ tone: "ok", text: "<script>x()</script>" }),
      planted({ tone: "ok", text: "Planted: x()" }),
      `${planted({ alg: "none" })}.${planted({ tone: "ok", text: "Planted: x()", exp: 9_999_999_999 })}.`,
      planted({ tone: "x" }),
      "%%%",
      "e30",
    ]) {
      const answer = await dashboard.ask("/profile", { cookie: `${carol}; webhooker_flash=${value}` });
      expect(answer.status).toBe(200);
      expect(await answer.text()).not.toContain("x()");
    }
  });
});
