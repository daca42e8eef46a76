/** Passkeys in a real browser, whose authenticator is a virtual one. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";
import { collectComplaints, DESKTOP, findSeriousViolations, launchBrowser } from "../support/browser.ts";
import type { Gateway } from "../support/gateway.ts";
import { addPerson, administrator, freePort, openAs, type Person, startSite } from "../support/site.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

let gateway: Gateway;
let browser: Browser;
let admin: Person;

beforeAll(async () => {
  // Browsers have passkeys for names only.
  const port = String(freePort());
  [gateway, browser] = await Promise.all([
    startSite({ PORT: port, BASE_URL: `http://localhost:${port}` }),
    launchBrowser(),
  ]);
  admin = await administrator(gateway);
  await addPerson(gateway, "bob");
});

afterAll(async () => {
  await browser.close();
  await gateway.remove();
});

async function addAuthenticator(
  context: BrowserContext,
  page: Page,
): Promise<{ cdp: CDPSession; id: string }> {
  const cdp = await context.newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId: id } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { cdp, id };
}

test("a passkey is added once per device, signs in without password and code, proves who it is, and is removed", async () => {
  const site = gateway.origin.replace("127.0.0.1", "localhost");
  const context = await openAs(browser, gateway, { person: admin, look: { ...DESKTOP, baseURL: site } });
  await context.addCookies([{ ...cookieOf(admin), url: site }]);
  const page = await context.newPage();
  const complaints = collectComplaints(page);
  const { cdp, id } = await addAuthenticator(context, page);

  await page.goto(`${site}/profile/passkeys`);
  const add = async (name: string) => {
    await page.getByRole("textbox", { name: "Name", exact: true }).fill(name);
    await page.getByRole("button", { name: "Add passkey" }).click();
  };
  await add("Laptop <b>");
  await page.getByText("The passkey is added.").waitFor();
  expect(await findSeriousViolations(page)).toEqual([]);
  await add("Laptop again");
  await page.getByText("This device has a passkey for this account already.").waitFor();

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.goto(`${site}/pages/login?next=/profile/audit`);
  expect(await findSeriousViolations(page)).toEqual([]);
  const signIn = () => page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await signIn();
  await page.getByRole("cell", { name: "Create passkey" }).waitFor();
  expect(page.url()).toBe(`${site}/profile/audit`);

  await page.goto(`${site}/profile/passkeys`);
  await page.getByRole("cell", { name: "Laptop <b>", exact: true }).waitFor();
  page.on("dialog", (dialog) => void dialog.accept());
  await page.getByRole("button", { name: "Remove passkey Laptop" }).click();
  await page.getByText("The passkey Laptop <b> is removed.").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.goto(`${site}/pages/login`);
  await signIn();
  await page.getByText("Nobody has this passkey here.").waitFor();
  await cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: id });
  expect(complaints).toEqual([]);
  await context.close();
});

function cookieOf({ cookie }: Person): { name: string; value: string } {
  const [name = "", value = ""] = cookie.split("=");
  return { name, value };
}
