/** Single sign-on in a real browser, by a provider at another site. */
import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import {
  collectComplaints,
  DESKTOP,
  findSeriousViolations,
  launchBrowser,
  PHONE,
} from "../support/browser.ts";
import type { Gateway } from "../support/gateway.ts";
import { CLIENT_ID, CLIENT_SECRET, startProvider, type TestProvider } from "../support/oidc/provider.ts";
import { ADMIN_PASSWORD, freePort, startSite } from "../support/site.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

let gateway: Gateway;
let browser: Browser;
let provider: TestProvider;
let site: string;

beforeAll(async () => {
  const port = String(freePort());
  // Another site than the provider's 127.0.0.1, so that browsers treat its links as foreign.
  site = `http://localhost:${port}`;
  provider = await startProvider({ redirectUri: `${site}/pages/login/oidc/callback` });
  provider.setDown(true);
  [gateway, browser] = await Promise.all([
    startSite({
      PORT: port,
      BASE_URL: site,
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: CLIENT_ID,
      OIDC_CLIENT_SECRET: CLIENT_SECRET,
      OIDC_ALLOWED_DOMAINS: "example.com",
      OIDC_NAME: "Keycloak",
    }),
    launchBrowser(),
  ]);
});
afterAll(async () => {
  await browser.close();
  await gateway.remove();
  await provider.stop();
});
beforeEach(() => {
  provider.setDown(false);
  provider.forge((token) => token);
  provider.signInAs("subject-1", { email: "ada@example.com", email_verified: true });
});

async function withPage(look: BrowserContextOptions, act: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ ...look, baseURL: site });
  const page = await context.newPage();
  const complaints = collectComplaints(page);
  await act(page);
  expect(complaints).toEqual([]);
  await context.close();
}

const signIn = (page: Page) => page.getByRole("link", { name: "Sign in with Keycloak" }).click();
const shownUser = (page: Page, name: string) => page.getByRole("link", { name }).first().waitFor();

async function signInByPassword(page: Page): Promise<void> {
  await page.goto("/pages/login?next=/profile");
  await page.getByLabel("Username").fill("admin");
  await page.getByLabel("Password").fill(ADMIN_PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL("**/profile");
}

test("a provider that is down from the start on hinders no password, and signs in once it is there", async () => {
  provider.setDown(true);
  await withPage(DESKTOP, async (page) => {
    await page.goto("/pages/login?next=/problems");
    expect(await findSeriousViolations(page)).toEqual([]);
    await signIn(page);
    await page.getByText("Keycloak does not answer.").waitFor();
    await signInByPassword(page);
  });
  provider.setDown(false);
  await withPage(PHONE, async (page) => {
    await page.goto("/pages/login?next=/problems");
    await signIn(page);
    await page.waitForURL("**/problems");
    await page.goto("/profile");
    await page.getByRole("heading", { name: "ada@example.com" }).waitFor();
    await page.getByText("by single sign-on").waitFor();
    expect(await findSeriousViolations(page)).toEqual([]);
  });
});

test("two tabs sign in at once, also without scripts", async () => {
  await withPage({ ...DESKTOP, javaScriptEnabled: false }, async (page) => {
    const other = await page.context().newPage();
    await Promise.all([page.goto("/pages/login?next=/problems"), other.goto("/pages/login?next=/docs")]);
    // The one has left for the provider, which is slow, while the other leaves and comes back.
    const href = await other.getByRole("link", { name: "Sign in with Keycloak" }).getAttribute("href");
    const left = await other.request.get(href ?? "", { maxRedirects: 0 });
    await signIn(page);
    await page.waitForURL("**/problems");
    await other.goto(left.headers().location ?? "");
    await other.waitForURL("**/docs");
  });
});

test("a user links an account, signs in by it, and unlinks it", async () => {
  provider.signInAs("subject-2", { email: "boss@example.com", email_verified: true });
  await withPage(DESKTOP, async (page) => {
    await signInByPassword(page);
    await page.getByRole("link", { name: "Manage your linked accounts" }).click();
    await page.getByRole("button", { name: "Link an account" }).click();
    await page.getByRole("link", { name: "Continue to Keycloak" }).waitFor();
    expect(await findSeriousViolations(page)).toEqual([]);
    await page.getByRole("link", { name: "Continue to Keycloak" }).click();
    await page.getByText("Your account at Keycloak is linked.").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
    await signIn(page);
    await page.waitForURL("**/sources");
    await shownUser(page, "admin");
    await page.goto("/profile/single-sign-on");
    expect(await findSeriousViolations(page)).toEqual([]);
    page.on("dialog", (dialog) => void dialog.accept());
    await page.getByRole("button", { name: "Unlink account boss@example.com" }).click();
    await page.getByText("The account boss@example.com is unlinked.").waitFor();
  });
});

test("a user without a password confirms by the provider, and sends the form again", async () => {
  const auth_time = Math.floor(Date.now() / 1_000) - 20 * 60;
  provider.forge((token) => ({ ...token, claims: { ...token.claims, auth_time } }));
  await withPage(DESKTOP, async (page) => {
    await page.goto("/pages/login?next=/profile");
    await signIn(page);
    await page.waitForURL("**/profile");
    provider.forge((token) => token);
    const createKey = async () => {
      await page.getByLabel("Name of the new key").fill("deploys");
      await page.getByRole("button", { name: "Create key" }).click();
    };
    await createKey();
    await page.getByRole("heading", { name: "Confirm that it is you" }).waitFor();
    expect(await findSeriousViolations(page)).toEqual([]);
    await page.getByRole("link", { name: "Confirm with Keycloak" }).click();
    await page.getByText("You have confirmed who you are.").waitFor();
    expect(page.url()).toBe(`${site}/profile`);
    await createKey();
    await page.getByText("Your new API key").waitFor();
  });
});
