/** A second factor is set up, asked for at each sign-in, and reset; sensitive actions ask who it is again. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { stepAt, totpCode } from "../../src/auth/second-factor/totp.ts";
import { MINUTE_MS } from "../../src/lib/clock.ts";
import { cookieOf, PASSWORD, startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";

const PATH = "/profile/second-factor";

let dashboard: TestDashboard;
let carol: string;

beforeEach(async () => {
  dashboard = await startTestDashboard();
  carol = await dashboard.signIn("carol");
});
afterEach(() => dashboard.stop());

const post = (path: string, form: Record<string, string>, cookie: string | null = carol) =>
  dashboard.ask(path, { form, cookie });
const textOf = async (path: string, cookie = carol) => (await dashboard.ask(path, { cookie })).text();
const codeOf = (secret: string) => totpCode(secret, stepAt(dashboard.clock.now()));
const locationOf = (answer: Response) => answer.headers.get("location") ?? "";

/** The setup on its page, as the reader's app and browser have it. */
function setupIn(html: string): { secret: string; sealed: string } {
  const secret = /[A-Z2-7]{32}/.exec(html)?.[0] ?? "";
  return { secret, sealed: /name="sealed" value="([^"]+)"/.exec(html)?.[1] ?? "" };
}

async function turnOn(cookie = carol): Promise<{ secret: string; codes: string[] }> {
  const { secret, sealed } = setupIn(await textOf(PATH, cookie));
  const answer = await post(PATH, { sealed, code: codeOf(secret) }, cookie);
  const codes = (await textOf(locationOf(answer), cookie)).match(/[a-z2-7]{4}(-[a-z2-7]{4}){3}/g) ?? [];
  dashboard.clock.advance(MINUTE_MS);
  return { secret, codes: [...new Set(codes)] };
}

/** The cookies after the right password. */
async function enterPassword(username = "carol"): Promise<string> {
  const answer = await post("/pages/login?next=/profile", { username, password: PASSWORD }, null);
  expect(answer.status).toBe(303);
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(";", 1)[0])
    .join("; ");
}

describe("setting up", () => {
  test("shows a QR code and the secret, and turns it on with a code, which ends other sessions", async () => {
    const other = await dashboard.signIn("carol");
    const html = await textOf(PATH);
    expect(html).toContain('src="data:image/svg+xml;base64,');
    const { secret, sealed } = setupIn(html);
    const wrong = await post(PATH, { sealed, code: "000000" });
    expect(wrong.status).toBe(422);
    const again = await wrong.text();
    expect(again).toContain("This is not the code of this secret.");
    expect(setupIn(again).secret).toBe(secret);
    const done = await post(PATH, { sealed, code: codeOf(secret) });
    const shown = await textOf(locationOf(done));
    expect(shown.match(/[a-z2-7]{4}(-[a-z2-7]{4}){3}/g)?.length).toBeGreaterThanOrEqual(10);
    expect(await textOf(locationOf(done))).not.toMatch(/[a-z2-7]{4}(-[a-z2-7]{4}){3}/);
    expect((await dashboard.ask("/profile", { cookie: other })).status).toBe(303);
    expect(await textOf("/profile")).toContain("On, with 10 recovery codes left.");
  });

  test("is not possible a second time, so that nobody replaces the app unnoticed", async () => {
    const before = setupIn(await textOf(PATH));
    await turnOn();
    expect((await post(PATH, { sealed: before.sealed, code: codeOf(before.secret) })).status).toBe(409);
  });
});

describe("signing in", () => {
  test("takes the password and a code, which is not taken again", async () => {
    const { secret } = await turnOn();
    const halfWay = await enterPassword();
    expect(halfWay).not.toContain("webhooker_session=");
    expect((await dashboard.ask("/profile", { cookie: halfWay })).status).toBe(303);
    expect(await textOf("/pages/login/code?next=/profile", halfWay)).toContain("authenticator app");
    const code = codeOf(secret);
    const answer = await post("/pages/login/code", { code, next: "/profile" }, halfWay);
    expect(locationOf(answer)).toBe("/profile");
    expect((await dashboard.ask("/profile", { cookie: cookieOf(answer) })).status).toBe(200);
    const replayed = await post("/pages/login/code", { code }, await enterPassword());
    expect(replayed.status).toBe(422);
    expect(cookieOf(replayed)).toBe("");
  });

  test("takes a recovery code instead, once", async () => {
    const { codes } = await turnOn();
    const enter = async () => post("/pages/login/code", { code: codes[0] ?? "" }, await enterPassword());
    expect(cookieOf(await enter())).not.toBe("");
    expect((await enter()).status).toBe(422);
  });

  test("takes no code without the password, nor one after ten minutes or for a changed user", async () => {
    const { secret } = await turnOn();
    const codeWith = async (cookie: string | null) =>
      locationOf(await post("/pages/login/code", { code: codeOf(secret) }, cookie));
    expect(await codeWith(null)).toStartWith("/pages/login");
    expect(await codeWith("webhooker_half_way=planted")).toStartWith("/pages/login");
    expect(await codeWith(carol.replace("webhooker_session", "webhooker_half_way"))).toStartWith(
      "/pages/login",
    );
    const late = await enterPassword();
    dashboard.clock.advance(10 * MINUTE_MS + 1_000);
    expect(await codeWith(late)).toStartWith("/pages/login");
    const changed = await enterPassword();
    dashboard.clock.advance(1);
    await dashboard.users.setPassword({ userId: dashboard.carolId, password: "a wholly different one" });
    expect(await codeWith(changed)).toStartWith("/pages/login");
  });

  test("slows guesses down, and goes on after the wait", async () => {
    const { secret } = await turnOn();
    const halfWay = await enterPassword();
    const guess = (code: string) => post("/pages/login/code", { code }, halfWay);
    for (let n = 0; n < 5; n++) expect((await guess("000000")).status).toBe(422);
    const refused = await guess(codeOf(secret));
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    dashboard.clock.advance(1_000);
    expect(cookieOf(await guess(codeOf(secret)))).not.toBe("");
  });

  test("leaves an entry for each step, and who was refused", async () => {
    const { secret } = await turnOn();
    const halfWay = await enterPassword();
    await post("/pages/login/code", { code: "000000" }, halfWay);
    await post("/pages/login/code", { code: codeOf(secret) }, halfWay);
    const { entries } = dashboard.audit.search({ readerId: dashboard.carolId, action: "session", limit: 3 });
    expect(entries.map(({ outcome, code, owner_id }) => [outcome, code, owner_id])).toEqual([
      ["done", null, dashboard.carolId],
      ["refused", null, dashboard.carolId],
      ["refused", "second_factor_needed", dashboard.carolId],
    ]);
  });
});

describe("a second factor that is on", () => {
  test("is turned off after a confirmation, and the password alone signs in then", async () => {
    await turnOn();
    expect(await (await post(`${PATH}/off`, {})).text()).toContain("Turn off your second factor?");
    expect(locationOf(await post(`${PATH}/off`, { confirmed: "yes" }))).toBe("/profile");
    expect(await dashboard.signIn("carol")).not.toBe("");
    expect((await post(`${PATH}/off`, { confirmed: "yes" })).status).toBe(409);
  });

  test("gets new recovery codes, which make the old ones void", async () => {
    const { codes } = await turnOn();
    const answer = await post(`${PATH}/codes`, { confirmed: "yes" });
    expect(await textOf(locationOf(answer))).toContain("Your recovery codes");
    const old = await post("/pages/login/code", { code: codes[0] ?? "" }, await enterPassword());
    expect(old.status).toBe(422);
  });

  test("is reset by administrators after a confirmation, not by others and not their own", async () => {
    await turnOn();
    const root = await dashboard.signIn("root");
    const path = (id: string) => `/admin/users/${id}/second-factor/reset`;
    expect(await textOf("/admin/users", root)).toContain("with second factor");
    expect((await post(path(dashboard.carolId), { confirmed: "yes" })).status).toBe(403);
    expect((await post(path(dashboard.rootId), { confirmed: "yes" }, root)).status).toBe(409);
    expect(await (await post(path(dashboard.carolId), {}, root)).text()).toContain(
      "Reset the second factor of carol?",
    );
    await post(path(dashboard.carolId), { confirmed: "yes" }, root);
    expect(await dashboard.signIn("carol")).not.toBe("");
  });
});

describe("a server that requires a second factor", () => {
  test.each(["admins", "everyone"] as const)("of %s lets them do nothing else before", async (who) => {
    await dashboard.stop();
    dashboard = await startTestDashboard({ REQUIRE_SECOND_FACTOR: who });
    const root = await dashboard.signIn("root");
    carol = await dashboard.signIn("carol");
    const pages = ["/sources", "/profile", "/admin/users", "/profile/audit"];
    const stopped = async (cookie: string) => {
      const answers = await Promise.all(pages.map((path) => dashboard.ask(path, { cookie })));
      return answers.map((answer) => locationOf(answer) === PATH);
    };
    expect(await stopped(root)).toEqual([true, true, true, true]);
    expect((await stopped(carol))[0]).toBe(who === "everyone");
    const made = await post("/profile/api-keys", { name: "x" }, root);
    expect([locationOf(made), dashboard.apiKeys.list().length]).toEqual([PATH, 0]);
    expect(await textOf(PATH, root)).toContain("This server requires one");
    await turnOn(root);
    expect(await stopped(root)).toEqual([false, false, false, false]);
    expect((await dashboard.ask("/pages/logout", { method: "POST", cookie: root })).status).toBe(303);
  });
});

describe("a sensitive action of an older sign-in", () => {
  const createKey = (form: Record<string, string> = {}, cookie = carol) =>
    post("/profile/api-keys", { name: "deploys & more", ...form }, cookie);

  test("asks for the password, keeps the form, and goes on", async () => {
    expect((await createKey()).status).toBe(303);
    dashboard.clock.advance(16 * MINUTE_MS);
    const asked = await createKey();
    const html = await asked.text();
    expect(asked.status).toBe(200);
    expect(html).toContain("Confirm that it is you");
    expect(html).toContain('name="name" value="deploys &amp; more"');
    expect(html).toContain('action="/profile/api-keys"');
    expect((await createKey({ proof_of_identity: "wrong" })).status).toBe(422);
    expect(dashboard.apiKeys.list()).toHaveLength(1);
    expect((await createKey({ proof_of_identity: PASSWORD })).status).toBe(303);
    expect((await createKey()).status).toBe(303);
    expect(dashboard.apiKeys.list().map(({ name }) => name)).toEqual(Array(3).fill("deploys & more"));
  });

  test("asks for a code where there is a second factor", async () => {
    const { secret } = await turnOn();
    dashboard.clock.advance(16 * MINUTE_MS);
    expect(await (await createKey()).text()).toContain("Code of your second factor");
    expect((await createKey({ proof_of_identity: PASSWORD })).status).toBe(422);
    expect((await createKey({ proof_of_identity: codeOf(secret) })).status).toBe(303);
  });

  test("cannot be guessed through", async () => {
    dashboard.clock.advance(16 * MINUTE_MS);
    for (let n = 0; n < 6; n++) await createKey({ proof_of_identity: "wrong" });
    const answer = await createKey({ proof_of_identity: PASSWORD });
    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain("Too many attempts.");
  });

  test("is each one that lets somebody in or keeps them in", async () => {
    const root = await dashboard.signIn("root");
    await turnOn();
    dashboard.clock.advance(16 * MINUTE_MS);
    const paths = {
      [carol]: ["/profile/api-keys", PATH, `${PATH}/off`, `${PATH}/codes`],
      [root]: [
        "/admin/users",
        `/admin/users/${dashboard.carolId}/password`,
        `/admin/users/${dashboard.carolId}/second-factor/reset`,
        `/admin/service-accounts/${dashboard.carolId}/api-keys`,
      ],
    };
    for (const [cookie, asked] of Object.entries(paths)) {
      for (const path of asked) {
        const answer = await post(path, { confirmed: "yes" }, cookie);
        expect([path, (await answer.text()).includes("Confirm that it is you")]).toEqual([path, true]);
      }
    }
    expect(dashboard.users.list()).toHaveLength(2);
  });
});
