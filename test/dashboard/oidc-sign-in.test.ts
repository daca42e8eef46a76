/** Users sign in by a provider of OpenID Connect: a real one, on loopback. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { MINUTE_MS } from "../../src/lib/clock.ts";
import {
  createTestBrowser,
  type SignInSite,
  startSignInSite,
  type TestBrowser,
} from "../support/oidc/browser.ts";
import { PASSWORD } from "../support/test-dashboard.ts";

let site: SignInSite;
let browser: TestBrowser;

beforeEach(() => begin());
afterEach(() => site.stop());

async function begin(environment: Record<string, string> = {}): Promise<void> {
  site = await startSignInSite(environment);
  browser = createTestBrowser(site);
  site.provider.signInAs("subject-1", ada);
}

async function beginAgain(environment: Record<string, string>): Promise<void> {
  await site.stop();
  await begin(environment);
}

const ada = { email: "ada@example.com", email_verified: true, preferred_username: "ada" };
const usernames = () => site.dashboard.users.list().map(({ username }) => username);
const locationOf = (answer: Response) => answer.headers.get("location") ?? "";

function lastEntry(action = "session.create") {
  const [entry] = site.dashboard.audit.search({ readerId: null, action, limit: 1 }).entries;
  return (
    entry && { outcome: entry.outcome, code: entry.code, name: entry.object_name, owner: entry.owner_id }
  );
}

describe("signing in", () => {
  test("creates a user, who is the same at the next sign-in, and goes where the reader wanted to", async () => {
    expect(await (await browser.ask("/pages/login?next=/problems")).text()).toContain(
      'href="/pages/login/oidc?next=%2Fproblems" hx-boost="false"',
    );
    const answer = await browser.signIn("/problems");
    expect(locationOf(answer)).toBe("/problems");
    expect(await browser.username()).toBe("ada@example.com");
    const user = site.dashboard.users.findByUsername("ada@example.com");
    expect(user).toMatchObject({ hasPassword: false, isService: false, role: "user" });
    expect(lastEntry()).toEqual({
      outcome: "done",
      code: null,
      name: "by OpenID Connect",
      owner: user?.id ?? "",
    });
    const later = createTestBrowser(site);
    await later.signIn();
    expect(await later.username()).toBe("ada@example.com");
    expect(usernames()).toEqual(["ada@example.com", "carol", "root"]);
  });

  test("shows in the profile how the session began, and offers no password to change", async () => {
    await browser.signIn();
    const profile = await (await browser.ask("/profile")).text();
    expect(profile).toContain("by single sign-on");
    expect(profile).not.toContain("Current password");
  });

  test.each([
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/pages/logout",
    "javascript:alert(1)",
  ])("never goes to %p afterwards", async (next) => {
    expect(locationOf(await browser.signIn(next))).toBe("/sources");
  });

  test("works in two tabs at once, each with a way of its own", async () => {
    const [one, two] = [await browser.start("/problems"), await browser.start("/profile")];
    const [second, first] = [await browser.visitProvider(two), await browser.visitProvider(one)];
    expect(locationOf(await browser.ask(second))).toBe("/profile");
    expect(locationOf(await browser.ask(first))).toBe("/problems");
    expect([...browser.site.keys()].filter((name) => name.includes("oidc"))).toEqual([]);
  });

  test("keeps few cookies, however often it is begun", async () => {
    for (let n = 0; n < 12; n++) await browser.start();
    expect([...browser.site.keys()].filter((name) => name.includes("oidc"))).toHaveLength(4);
    expect(locationOf(await browser.signIn("/problems"))).toBe("/problems");
  });

  test("does not take an e-mail address for a user who is called so already", async () => {
    await beginAgain({ OIDC_ALLOWED_DOMAINS: "any" });
    site.provider.signInAs("subject-2", { preferred_username: "carol" });
    await browser.signIn();
    expect(await browser.username()).toBe("carol-2");
    site.provider.signInAs("subject-3", ada);
    const [other, again] = [createTestBrowser(site), createTestBrowser(site)];
    await other.signIn();
    site.provider.signInAs("subject-4", ada);
    await again.signIn();
    expect([await other.username(), await again.username()]).toEqual([
      "ada@example.com",
      "ada@example.com-2",
    ]);
  });

  test("makes a username of any name", async () => {
    await beginAgain({ OIDC_ALLOWED_DOMAINS: "any" });
    for (const [name, username] of [
      ["Zoë <b>", "Zo---b-"],
      ["élodie", "lodie"],
      ["漢字", "user"],
      ["x".repeat(150), "x".repeat(60)],
      ["", "user-2"],
    ] as const) {
      site.provider.signInAs(`subject of ${name}`, { preferred_username: name });
      const own = createTestBrowser(site);
      await own.signIn();
      expect(await own.username()).toBe(username);
    }
  });

  test("takes a provider whose clock is a minute off, either way", async () => {
    for (const offset of [MINUTE_MS, -2 * MINUTE_MS]) {
      site.dashboard.clock.jump(offset);
      const own = createTestBrowser(site);
      await own.signIn();
      expect(await own.username()).toBe("ada@example.com");
    }
  });

  test("takes tokens that are signed with keys that the provider has replaced meanwhile", async () => {
    await browser.signIn();
    const own = createTestBrowser(site);
    const back = await own.visitProvider(await own.start());
    site.provider.rotateKeys();
    await own.ask(back);
    expect(await own.username()).toBe("ada@example.com");
    site.provider.rotateKeys("ES256");
    site.dashboard.clock.advance(MINUTE_MS);
    site.dashboard.clock.jump(-MINUTE_MS);
    const other = createTestBrowser(site);
    await other.signIn();
    expect(await other.username()).toBe("ada@example.com");
  });
});

describe("nobody is let in", () => {
  test.each([
    ["of another domain", { email: "eve@example.org", email_verified: true }, "domain_not_allowed"],
    ["of a subdomain", { email: "eve@x.example.com", email_verified: true }, "domain_not_allowed"],
    ["whose address only ends so", { email: "eve@example.org@notexample.com" }, "email_not_verified"],
    ["with an unverified address", { email: "eve@example.com", email_verified: false }, "email_not_verified"],
    ["without an address", { preferred_username: "eve" }, "email_not_verified"],
  ])("%s", async (_who, claims, code) => {
    site.provider.signInAs("subject-9", claims);
    const answer = await browser.signIn("/problems");
    expect(locationOf(answer)).toBe("/pages/login?next=%2Fproblems");
    expect(await browser.flash(answer)).not.toBe("");
    expect(await browser.username()).toBeNull();
    expect(lastEntry()).toMatchObject({ outcome: "refused", code });
    expect(usernames()).toHaveLength(2);
  });

  test("whose user is disabled", async () => {
    await browser.signIn();
    const user = site.dashboard.users.findByUsername("ada@example.com");
    site.dashboard.users.disable(user?.id ?? "");
    expect(await browser.flash(await browser.signIn())).toContain("Your user is disabled.");
    expect(lastEntry()).toMatchObject({ code: "user_disabled", owner: user?.id, name: "ada@example.com" });
  });

  test("who is not linked, if no users are created", async () => {
    await beginAgain({ OIDC_CREATE_USERS: "off" });
    expect(await browser.flash(await browser.signIn())).toContain("Nobody here is linked");
    expect(lastEntry()).toMatchObject({ outcome: "refused", code: "identity_unknown" });
    expect(usernames()).toHaveLength(2);
  });
});

describe("a provider that is down", () => {
  test("hinders neither the start nor passwords, and signs in once it is back", async () => {
    site.provider.setDown(true);
    await site.dashboard.stop();
    site.dashboard.stop = async () => undefined;
    const { startTestDashboard } = await import("../support/test-dashboard.ts");
    const { oidcEnvironment } = await import("../support/oidc/browser.ts");
    const dashboard = await startTestDashboard(oidcEnvironment(site.provider));
    dashboard.clock.jump(Date.now() - dashboard.clock.now());
    const own = createTestBrowser({ dashboard });
    const answer = await own.ask("/pages/login/oidc?next=/problems");
    expect(locationOf(answer)).toBe("/pages/login?next=%2Fproblems");
    expect(await own.flash(answer)).toContain("Keycloak does not answer.");
    await own.signInByPassword("carol", PASSWORD);
    expect(await own.username()).toBe("carol");
    site.provider.setDown(false);
    const other = createTestBrowser({ dashboard });
    await other.signIn();
    expect(await other.username()).toBe("ada@example.com");
    await dashboard.stop();
  });

  test("in the middle of a sign-in lets nobody in, and is named in the log only", async () => {
    const back = await browser.visitProvider(await browser.start());
    site.provider.setDown(true);
    const answer = await browser.ask(back);
    expect(await browser.flash(answer)).toContain("Keycloak does not answer.");
    expect(await browser.username()).toBeNull();
    expect(lastEntry()).toMatchObject({ outcome: "refused", code: "provider_unreachable" });
    expect(JSON.stringify(site.dashboard.lines)).toContain("the provider responded with 503");
  });

  test("holds up a bounded number of sign-ins", async () => {
    const browsers = Array.from({ length: 22 }, () => createTestBrowser(site));
    const backs = await Promise.all(browsers.map(async (own) => own.visitProvider(await own.start())));
    const release = site.provider.hold();
    const answers = browsers.map((own, index) => own.ask(backs[index] ?? ""));
    const refused = await Promise.race(answers);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    release();
    const statuses = (await Promise.all(answers)).map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array(20).fill(303), 503, 503]);
  });

  test("is not reached at addresses that are not allowed", async () => {
    await beginAgain({ OIDC_ALLOWED_CIDRS: "none" });
    const answer = await browser.ask("/pages/login/oidc");
    expect(locationOf(answer)).toBe("/pages/login");
    expect(site.provider.asked).toEqual([]);
    expect(JSON.stringify(site.dashboard.lines)).toContain("loopback");
  });
});

test("nothing of it exists without a provider", async () => {
  await beginAgain({ OIDC_ISSUER: "", OIDC_CLIENT_ID: "", OIDC_CLIENT_SECRET: "", OIDC_ALLOWED_DOMAINS: "" });
  expect(await (await browser.ask("/pages/login")).text()).not.toContain("/pages/login/oidc");
  for (const path of ["/pages/login/oidc", "/pages/login/oidc/callback?code=x&state=y"]) {
    expect(await browser.flash(await browser.ask(path))).toBe(
      "This server has no provider of single sign-on.",
    );
  }
});
