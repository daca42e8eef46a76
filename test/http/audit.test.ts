import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { API_PREFIX } from "../../src/api/operation.ts";
import { newId } from "../../src/lib/ids.ts";
import type { LogLine } from "../support/recording-log.ts";
import { ADA_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";
import { cookieOf, PASSWORD, startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";

let dashboard: TestDashboard;
let api: TestApi;

beforeAll(async () => {
  dashboard = await startTestDashboard();
  api = await startTestApi();
});

afterAll(async () => {
  await dashboard.stop();
  await api.stop();
});

/** The audit lines of `act`. */
async function audited(lines: LogLine[], act: () => Promise<unknown>): Promise<LogLine["fields"][]> {
  const before = lines.length;
  await act();
  return lines
    .slice(before)
    .filter(({ message }) => message === "audit")
    .map(({ fields }) => fields);
}

const withIds = (path: string) => path.replace(/:\w+/g, newId());

describe("the audit trail of the dashboard", () => {
  test("has one line for each submitted form, whatever its result", async () => {
    const cookie = await dashboard.signIn("root");
    const posts = dashboard.routes.filter(({ method }) => method === "POST");
    expect(posts.length).toBeGreaterThan(15);
    for (const { path } of posts.filter((route) => route.path !== "/pages/logout")) {
      const known = await audited(dashboard.lines, () =>
        dashboard.ask(withIds(path), { method: "POST", cookie }),
      );
      expect(known.map(({ action }) => action)).toEqual([`POST ${path}`]);
      expect(known[0]?.user_id).toBe(dashboard.rootId);
    }
  });

  test("names the actor, the session, the address and the object", async () => {
    const cookie = await dashboard.signIn("carol");
    const [line] = await audited(dashboard.lines, () =>
      dashboard.ask("/profile/api-keys", {
        form: { name: "for audits" },
        cookie,
        headers: { "x-forwarded-for": "192.0.2.99" },
      }),
    );
    expect(line).toEqual({
      action: "POST /profile/api-keys",
      outcome: "done",
      path: "/profile/api-keys",
      status: 303,
      user_id: dashboard.carolId,
      session_id: expect.any(String),
      remote_address: "192.0.2.99",
      request_id: expect.any(String),
      entry: expect.any(Number),
      entry_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const [session] = dashboard.sessions.list({ userId: dashboard.carolId });
    expect(line?.session_id).toBe(session?.id);
    expect(cookie).not.toContain(String(line?.session_id));
  });

  test("names the user of a successful sign-in, and nobody for a failed one", async () => {
    const from = { "x-forwarded-for": "192.0.2.98" };
    const sign = (password: string) =>
      dashboard.ask("/pages/login", { form: { username: "carol", password }, headers: from });
    const [wrong] = await audited(dashboard.lines, () => sign("a wrong password"));
    expect(wrong).toMatchObject({ outcome: "refused", status: 422, user_id: null });
    const [right] = await audited(dashboard.lines, async () =>
      expect(cookieOf(await sign(PASSWORD))).not.toBe(""),
    );
    expect(right).toMatchObject({ outcome: "done", user_id: dashboard.carolId });
    expect(JSON.stringify(dashboard.lines)).not.toContain("a wrong password");
  });

  test("records refusals with the reason, also of pages that were only viewed", async () => {
    const cookie = await dashboard.signIn("carol");
    const cases = [
      [() => dashboard.ask("/admin/users", { cookie }), { status: 403, code: "forbidden" }],
      [() => dashboard.ask("/profile/api-keys", { form: { name: "x" } }), { code: "not_signed_in" }],
      [
        () =>
          dashboard.ask("/profile/api-keys", {
            form: { name: "x" },
            cookie,
            headers: { "sec-fetch-site": "cross-site" },
          }),
        { status: 403, code: "cross_site" },
      ],
    ] as const;
    for (const [act, expected] of cases) {
      const [line] = await audited(dashboard.lines, act);
      expect(line).toMatchObject({ outcome: "refused", ...expected });
    }
    expect(await audited(dashboard.lines, () => dashboard.ask("/sources", { cookie }))).toEqual([]);
    expect(await audited(dashboard.lines, () => dashboard.ask("/sources"))).toEqual([]);
  });
});

describe("the audit log of the dashboard", () => {
  const entries = () => dashboard.audit.search({ readerId: null, limit: 1_000 }).entries;
  /** The entries of `act`, the first one first. */
  async function added(act: () => Promise<unknown>) {
    const before = entries()[0]?.number ?? 0;
    await act();
    return entries()
      .filter(({ number }) => number > before)
      .toReversed();
  }

  test("has an entry for each submitted form, done or refused", async () => {
    const cookie = await dashboard.signIn("root");
    const posts = dashboard.routes.filter(({ method }) => method === "POST");
    // Whoever asks for a link to a new password changes nothing by that; a link that is made has an entry.
    const others = ["/pages/logout", "/pages/forgot-password"];
    for (const { path } of posts.filter((route) => !others.includes(route.path))) {
      const [entry] = await added(() => dashboard.ask(withIds(path), { method: "POST", cookie }));
      expect([path, entry?.user_id, entry?.via]).toEqual([path, dashboard.rootId, "dashboard"]);
      expect([path, entry?.action]).toEqual([path, expect.stringMatching(/^[a-z_]+\.[a-z_]+$/)]);
    }
  });

  test("has one entry for a change, and the log line names it", async () => {
    const cookie = await dashboard.signIn("carol");
    let lines: LogLine["fields"][] = [];
    const found = await added(async () => {
      lines = await audited(dashboard.lines, () =>
        dashboard.ask("/profile/api-keys", { form: { name: "deploys" }, cookie }),
      );
    });
    expect(found).toMatchObject([
      {
        action: "api_key.create",
        outcome: "done",
        user_id: dashboard.carolId,
        owner_id: dashboard.carolId,
        object_name: "deploys",
        session_id: lines[0]?.session_id,
        request_id: lines[0]?.request_id,
        number: lines[0]?.entry,
        hash: lines[0]?.entry_hash,
      },
    ]);
  });

  test("has who signed in, and whom a failed sign-in was about, but not what was typed", async () => {
    const sign = (username: string, password: string) =>
      dashboard.ask("/pages/login", { form: { username, password } });
    expect(await added(() => sign("carol", PASSWORD))).toMatchObject([
      { action: "session.create", outcome: "done", user_id: dashboard.carolId, username: "carol" },
    ]);
    const refused = { action: "session.create", outcome: "refused", user_id: null };
    expect(await added(() => sign("carol", "a wrong password"))).toMatchObject([
      { ...refused, owner_id: dashboard.carolId, object_name: "carol" },
    ]);
    expect(await added(() => sign("a password by mistake", ""))).toMatchObject([
      { ...refused, owner_id: null, object_name: null },
    ]);
    expect(JSON.stringify(entries())).not.toMatch(/a wrong password|by mistake/);
  });

  test("has a replay, which changes nothing in the main database, and for whose webhook it was", async () => {
    const { useCases, carolId: userId } = dashboard;
    const webhook = await useCases.webhooks.create({ userId, input: { name: "Shop" } });
    const cookie = await dashboard.signIn("carol");
    const path = `/source/${webhook.id}/rejected/delete`;
    const [entry] = await added(() => dashboard.ask(path, { form: { confirmed: "yes" }, cookie }));
    expect(entry).toMatchObject({ outcome: "done", webhook_id: webhook.id, owner_id: userId });
    expect(entry?.webhookName).toBe("Shop");
  });

  test("is not filled by refused requests: a day has so many entries of them", async () => {
    const cookie = await dashboard.signIn("carol");
    const ask = () => dashboard.ask("/sources/new", { form: { name: "" }, cookie });
    const before = entries()[0]?.number ?? 0;
    for (let n = 0; n < 1_100; n++) expect((await ask()).status).toBe(422);
    const refused = () => (entries()[0]?.number ?? 0) - before;
    expect(refused()).toBeGreaterThan(800);
    expect(refused()).toBeLessThanOrEqual(1_000);
    dashboard.clock.advance(24 * 60 * 60 * 1_000);
    const full = refused();
    await ask();
    expect(refused()).toBe(full + 1);
  });
});

describe("the audit trail of the API", () => {
  test("has one line for each operation that changes something, and none for reads", async () => {
    for (const { method, path } of api.routes) {
      const lines = await audited(api.lines, () => api.call(method, withIds(path), { init: { method } }));
      expect([method, path, lines.map(({ action }) => action)]).toEqual([
        method,
        path,
        // Pulling is a way of delivery, which its results tell. Ada is refused the list that administrators have.
        (method === "GET" && path !== "/invitations") || path.endsWith("/pull")
          ? []
          : [`${method} ${API_PREFIX}${path}`],
      ]);
    }
  });

  test("names the user and the key", async () => {
    const [line] = await audited(api.lines, () => api.call("POST", "/webhooks", { json: { name: "Audit" } }));
    expect(line).toMatchObject({
      outcome: "done",
      status: 201,
      user_id: api.ada,
      key_id: expect.any(String),
    });
    expect(JSON.stringify(line)).not.toContain(ADA_TOKEN);
  });

  test("has a line for an invalid key, also on a read", async () => {
    const [line] = await audited(api.lines, () => api.call("GET", "/webhooks", { token: "whk_wrong" }));
    expect(line).toMatchObject({ outcome: "refused", status: 401, code: "unauthenticated", user_id: null });
    expect(JSON.stringify(api.lines)).not.toContain("whk_wrong");
  });
});
