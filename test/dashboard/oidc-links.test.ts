/** Signed-in users link accounts of the OpenID Connect provider, confirm who they are by it, and unlink them. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { MINUTE_MS } from "../../src/lib/clock.ts";
import {
  createTestBrowser,
  type SignInSite,
  startSignInSite,
  type TestBrowser,
} from "../support/oidc/browser.ts";
import { PASSWORD } from "../support/test-dashboard.ts";

const PATH = "/profile/single-sign-on";

let site: SignInSite;
let browser: TestBrowser;

beforeEach(async () => {
  site = await startSignInSite();
  browser = createTestBrowser(site);
  site.provider.signInAs("subject-1", { email: "carol@example.com", email_verified: true });
});
afterEach(() => site.stop());

const textOf = async (path: string, from = browser) => (await from.ask(path)).text();
const entries = (action: string) =>
  site.dashboard.audit
    .search({ readerId: null, action, limit: 3 })
    .entries.map(({ outcome, code, object_name, user_id }) => [outcome, code, object_name, user_id]);

/** The provider's address in the page that leads there. */
function linkIn(html: string): string {
  return (/href="(http:\/\/127\.0\.0\.1:[^"]+)"/.exec(html)?.[1] ?? "").replaceAll("&amp;", "&");
}

async function link(from = browser): Promise<Response> {
  const page = await (await from.ask(PATH, {})).text();
  expect(page).toContain("Link an account at Keycloak");
  return from.ask(await from.visitProvider(linkIn(page)));
}

async function unlink(
  from = browser,
  form: Record<string, string> = { confirmed: "yes" },
): Promise<Response> {
  const id = new RegExp(`${PATH}/([0-9a-f-]{36})/remove`).exec(await textOf(PATH, from))?.[1];
  return from.ask(`${PATH}/${id}/remove`, form);
}

describe("linking", () => {
  test("lets the account sign in as the user, who is not found by e-mail before", async () => {
    await browser.signInByPassword("carol", PASSWORD);
    const answer = await link();
    expect(await browser.flash(answer)).toContain("Your account at Keycloak is linked.");
    expect(await textOf(PATH)).toContain("carol@example.com");
    const other = createTestBrowser(site);
    await other.signIn();
    expect(await other.username()).toBe("carol");
    expect(entries("identity.create")).toEqual([["done", null, "carol@example.com", site.dashboard.carolId]]);
  });

  test("refuses an account that is somebody's already", async () => {
    await createTestBrowser(site).signIn();
    await browser.signInByPassword("carol", PASSWORD);
    expect(await browser.flash(await link())).toContain("linked to a user already");
    expect(entries("identity.create")[0]).toEqual([
      "refused",
      "identity_taken",
      "carol",
      site.dashboard.carolId,
    ]);
  });

  test("refuses an account of a domain that is not allowed", async () => {
    site.provider.signInAs("subject-1", { email: "carol@example.org", email_verified: true });
    await browser.signInByPassword("carol", PASSWORD);
    expect(await browser.flash(await link())).toContain("domain");
    expect(await textOf(PATH)).toContain("No accounts yet");
  });

  test("asks who it is in an older session, and is for the session that began it", async () => {
    await browser.signInByPassword("carol", PASSWORD);
    const page = await (await browser.ask(PATH, {})).text();
    const back = await browser.visitProvider(linkIn(page));
    await browser.ask("/pages/logout", {});
    const root = createTestBrowser(site);
    for (const [name, value] of browser.site) root.site.set(name, value);
    await root.signInByPassword("root", PASSWORD);
    expect(await root.flash(await root.ask(back))).toContain("was not begun in this browser");
    expect(await textOf(PATH, root)).toContain("No accounts yet");
    site.dashboard.clock.advance(16 * MINUTE_MS);
    expect(await (await root.ask(PATH, {})).text()).toContain("Confirm that it is you");
  });
});

describe("a user without a password", () => {
  const REFERER = "http://localhost/problems?x=1";
  const seconds = (offset: number) => Math.floor(Date.now() / 1_000) + offset;

  /** Makes the provider say that it asked for a proof of identity long ago, or does not say when. */
  function authenticatedAt(auth_time: number | undefined): void {
    site.provider.forge((token) => ({ ...token, claims: { ...token.claims, auth_time } }));
  }

  beforeEach(async () => {
    authenticatedAt(seconds(-20 * 60));
    await browser.signIn();
    site.provider.forge((token) => token);
  });

  const createKey = (form: Record<string, string> = {}) =>
    browser.ask("/profile/api-keys", { name: "deploys", ...form }, { referer: REFERER, host: "localhost" });
  const keys = () => site.dashboard.apiKeys.list().length;

  /** The address of the link on the page that asks. */
  async function askedToVerify(): Promise<string> {
    const page = await (await createKey()).text();
    expect(page).toContain("Confirm with Keycloak");
    expect(page).not.toContain('name="proof_of_identity"');
    return /href="(\/profile\/single-sign-on\/verify[^"]*)"/.exec(page)?.[1] ?? "";
  }

  async function verify(): Promise<Response> {
    const departure = await browser.ask(await askedToVerify());
    return browser.ask(await browser.visitProvider(departure.headers.get("location") ?? ""));
  }

  test("is asked again if the provider last asked long ago, confirms by it, and goes back to the form", async () => {
    const departure = await browser.ask(await askedToVerify());
    const asked = new URL(departure.headers.get("location") ?? "").searchParams;
    expect([asked.get("prompt"), asked.get("max_age")]).toEqual(["login", "0"]);
    const answer = await verify();
    expect(answer.headers.get("location")).toBe("/problems?x=1");
    expect((await createKey()).status).toBe(303);
    expect(keys()).toBe(1);
    expect(entries("session.verify")).toHaveLength(1);
  });

  test.each([
    ["does not ask again", () => authenticatedAt(seconds(-20 * 60))],
    ["does not say when it asked", () => authenticatedAt(undefined)],
  ])("is not confirmed by a provider that %s", async (_what, forge) => {
    forge();
    expect(await browser.flash(await verify())).toContain("Keycloak did not ask who you are again.");
    await askedToVerify();
    expect(entries("session.verify")[0]?.slice(0, 2)).toEqual(["refused", "not_authenticated_again"]);
    expect(keys()).toBe(0);
  });

  test("is not confirmed by another account", async () => {
    site.provider.signInAs("subject-2", { email: "eve@example.com", email_verified: true });
    browser.forgetProvider();
    expect(await browser.flash(await verify())).toContain("That account is not linked to you.");
    await askedToVerify();
  });

  test("has no password to guess", async () => {
    for (const proof_of_identity of ["", "none", "x"]) {
      expect((await createKey({ proof_of_identity })).status).toBe(422);
    }
    const other = createTestBrowser(site);
    for (const password of ["", "none"]) await other.signInByPassword("carol@example.com", password);
    expect(await other.username()).toBeNull();
  });

  test("cannot unlink the only way in, and can once there is another", async () => {
    await verify();
    expect((await unlink()).status).toBe(409);
    site.provider.signInAs("subject-2", { email: "c@example.com", email_verified: true });
    browser.forgetProvider();
    await link();
    const other = createTestBrowser(site);
    await other.signIn();
    expect(await (await unlink(browser, {})).text()).toContain("Unlink the account carol@example.com?");
    expect(await browser.flash(await unlink())).toContain("The account carol@example.com is unlinked.");
    expect(await other.username()).toBeNull();
    expect(await browser.username()).toBe("carol@example.com");
    expect(entries("identity.delete").map(([outcome]) => outcome)).toEqual(["done", "refused"]);
  });

  test("is no service account, and gets a password from an administrator", async () => {
    const root = createTestBrowser(site);
    await root.signInByPassword("root", PASSWORD);
    const user = site.dashboard.users.findByUsername("carol@example.com");
    const page = await textOf("/admin/users", root);
    expect(page).toContain("by single sign-on");
    expect(page).not.toContain(`/admin/service-accounts/${user?.id}`);
    expect((await root.ask(`/admin/service-accounts/${user?.id}/api-keys`, { name: "x" })).status).toBe(404);
    await root.ask(`/admin/users/${user?.id}/password`, { confirmed: "yes" });
    expect(site.dashboard.users.find(user?.id ?? "")?.hasPassword).toBe(true);
  });
});

test("nobody unlinks what is another's", async () => {
  await browser.signIn();
  const carol = createTestBrowser(site);
  await carol.signInByPassword("carol", PASSWORD);
  const id = new RegExp(`${PATH}/([0-9a-f-]{36})/remove`).exec(await textOf(PATH))?.[1];
  expect((await carol.ask(`${PATH}/${id}/remove`, { confirmed: "yes" })).status).toBe(404);
  expect(await textOf(PATH)).toContain(id ?? "none");
});
