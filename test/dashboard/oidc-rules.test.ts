/** Groups at the provider make administrators and teams, second factors are the provider's, and passwords can end. */
import { afterEach, describe, expect, test } from "bun:test";
import { stepAt, totpCode } from "../../src/auth/second-factor/totp.ts";
import { createTestBrowser, type SignInSite, startSignInSite } from "../support/oidc/browser.ts";
import { PASSWORD } from "../support/test-dashboard.ts";

let site: SignInSite;

afterEach(() => site.stop());

async function signIn(subject: string, groups?: unknown) {
  const email = `${subject}@example.com`;
  site.provider.signInAs(subject, { email, email_verified: true, ...(groups !== undefined && { groups }) });
  const browser = createTestBrowser(site);
  await browser.signIn();
  return browser;
}

const userOf = (subject: string) => site.dashboard.users.findByUsername(`${subject}@example.com`);

describe("groups", () => {
  const rules = {
    OIDC_ADMIN_GROUPS: "platform, ops",
    OIDC_GROUP_TEAMS: "dev=Development,%2Feu=Europe,ops=Europe",
  };

  async function teams(): Promise<Record<string, string[]>> {
    const all = await site.dashboard.useCases.teams.list({ userId: site.dashboard.rootId });
    return Object.fromEntries(all.map(({ name, users }) => [name, users.map(({ username }) => username)]));
  }

  test("make administrators and members of teams, and take that away at the next sign-in", async () => {
    site = await startSignInSite(rules);
    const browser = await signIn("ada", ["dev", "ops", "unknown"]);
    expect(userOf("ada")?.role).toBe("admin");
    expect(await teams()).toEqual({ Development: ["ada@example.com"], Europe: ["ada@example.com"] });
    expect((await browser.ask("/admin/users")).status).toBe(200);
    await signIn("ada", ["/eu"]);
    expect(userOf("ada")?.role).toBe("user");
    expect(await teams()).toEqual({ Development: [], Europe: ["ada@example.com"] });
    expect((await browser.ask("/admin/users")).status).toBe(403);
    const { entries } = site.dashboard.audit.search({ readerId: null, action: "user.update", limit: 1 });
    expect([entries[0]?.fields, entries[0]?.object_name]).toEqual(['["role"]', "ada@example.com"]);
  });

  test.each([
    ["a text", "platform", "admin"],
    ["no list", { platform: true }, "user"],
    ["missing", undefined, "user"],
    ["of numbers", [1, 2], "user"],
  ] as const)("that are %p are read so", async (_what, groups, role) => {
    site = await startSignInSite(rules);
    await signIn("ada", groups);
    expect(userOf("ada")?.role).toBe(role);
  });

  test("leave the last administrator one, and decide nothing where they are not asked about", async () => {
    site = await startSignInSite(rules);
    await signIn("ada", ["platform"]);
    site.dashboard.users.disable(site.dashboard.rootId);
    await signIn("ada", []);
    expect(userOf("ada")?.role).toBe("admin");
    await site.stop();
    site = await startSignInSite();
    await signIn("ada", ["platform"]);
    expect([userOf("ada")?.role, await teams()]).toEqual(["user", {}]);
  });
});

describe("a server that requires a second factor", () => {
  test("asks users without a password for none, and those with one as before", async () => {
    site = await startSignInSite({ REQUIRE_SECOND_FACTOR: "everyone" });
    const ada = await signIn("ada");
    expect((await ada.ask("/sources")).status).toBe(200);
    const carol = createTestBrowser(site);
    await carol.signInByPassword("carol", PASSWORD);
    expect((await carol.ask("/sources")).headers.get("location")).toBe("/profile/second-factor");
    await site.dashboard.users.setPassword({ userId: userOf("ada")?.id ?? "", password: "a wholly new one" });
    const again = await signIn("ada");
    expect((await again.ask("/sources")).headers.get("location")).toBe("/profile/second-factor");
  });
});

test("a sign-in by the provider stands for the second factor too", async () => {
  site = await startSignInSite();
  const carol = createTestBrowser(site);
  await carol.signInByPassword("carol", PASSWORD);
  const setup = await (await carol.ask("/profile/second-factor")).text();
  const code = totpCode(/[A-Z2-7]{32}/.exec(setup)?.[0] ?? "", stepAt(site.dashboard.clock.now()));
  const sealed = /name="sealed" value="([^"]+)"/.exec(setup)?.[1] ?? "";
  expect((await carol.ask("/profile/second-factor", { code, sealed })).status).toBe(303);
  site.provider.signInAs("carol", { email: "carol@example.com", email_verified: true });
  const page = await (await carol.ask("/profile/single-sign-on", {})).text();
  const there = /href="(http:\/\/127\.0\.0\.1:[^"]+)"/.exec(page)?.[1] ?? "";
  await carol.ask(await carol.visitProvider(there.replaceAll("&amp;", "&")));
  const other = createTestBrowser(site);
  await other.signIn();
  expect(await other.username()).toBe("carol");
});

describe("PASSWORD_SIGN_IN=off", () => {
  const off = { PASSWORD_SIGN_IN: "off", OIDC_ADMIN_GROUPS: "platform" };
  const page = async () => (await createTestBrowser(site).ask("/pages/login")).text();

  async function mayPasswords(): Promise<boolean> {
    const browser = createTestBrowser(site);
    await browser.signInByPassword("root", PASSWORD);
    return (await browser.username()) === "root";
  }

  test("takes effect once an administrator has come in by the provider, and no other user", async () => {
    site = await startSignInSite(off);
    await signIn("ada");
    expect([await mayPasswords(), (await page()).includes('name="password"')]).toEqual([true, true]);
    await signIn("grace", ["platform"]);
    expect([await mayPasswords(), (await page()).includes('name="password"')]).toEqual([false, false]);
    const { entries } = site.dashboard.audit.search({ readerId: null, action: "session.create", limit: 1 });
    expect([entries[0]?.outcome, entries[0]?.code]).toEqual(["refused", "password_sign_in_off"]);
    site.dashboard.users.disable(userOf("grace")?.id ?? "");
    expect(await mayPasswords()).toBe(true);
  });

  test("leaves no code to enter without the password", async () => {
    site = await startSignInSite(off);
    await signIn("grace", ["platform"]);
    const browser = createTestBrowser(site);
    const answer = await browser.ask("/pages/login", { username: "root", password: PASSWORD });
    expect(answer.status).toBe(403);
    expect([...browser.site.keys()]).toEqual([]);
  });
});
