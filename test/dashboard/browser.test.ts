import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { BrowserContextOptions, Page } from "playwright-core";
import { DESKTOP, findSeriousViolations, PHONE } from "../support/browser.ts";
import { PASSWORD, startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";
import { windowsOf } from "../support/windows.ts";

let dashboard: TestDashboard;
const { open, openEmpty } = windowsOf(() => dashboard.server);

beforeEach(async () => {
  dashboard = await startTestDashboard();
});

afterEach(() => dashboard.stop());

async function signIn(page: Page, username = "root"): Promise<void> {
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL((url) => !url.pathname.startsWith("/pages/"));
}

describe("in a browser", () => {
  test("people sign in, get to the requested page, and sign out", async () => {
    const { page, complaints } = await open("/profile");
    await signIn(page);
    expect(new URL(page.url()).pathname).toBe("/profile");
    await page.getByRole("heading", { level: 1, name: "root" }).waitFor();
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByText("You are signed out.").waitFor();
    expect(await page.title()).toBe("Sign in · webhooker");
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test("a wrong password keeps the name in its field and focuses the other", async () => {
    const { page } = await open("/pages/login");
    await page.getByLabel("Username").fill("root");
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("alert").waitFor();
    expect(await page.getByLabel("Username").inputValue()).toBe("root");
    await page.locator("#f-password:focus").waitFor();
    await page.context().close();
  });

  test("navigation swaps the page without loading it again, and so does going back", async () => {
    const { page } = await open("/profile");
    await signIn(page);
    await page.evaluate("window.isSamePage = true");
    await page.getByRole("link", { name: "Admin" }).click();
    await page.getByRole("heading", { level: 1, name: "Users" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/admin/users");
    await page.locator("#main:focus").waitFor();
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "root" }).waitFor();
    expect(await page.evaluate("window.isSamePage")).toBe(true);
    await page.context().close();
  });

  test("an API key is created, copied, hidden after a reload, and revoked after a confirmation", async () => {
    const { page, complaints } = await open("/profile");
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await signIn(page);
    await page.getByLabel("Name of the new key").fill("<b>deploy</b>");
    await page.getByRole("button", { name: "Create key" }).click();
    const made = page.getByRole("region", { name: "Your new API key" });
    await made.getByRole("button", { name: "Copy" }).click();
    await made.getByText("Copied").waitFor();
    const token = (await made.locator("code").textContent()) ?? "";
    expect(await page.evaluate<string>("navigator.clipboard.readText()")).toBe(token);
    await page.reload();
    expect(await page.getByText(token).count()).toBe(0);
    const questions: string[] = [];
    page.on("dialog", (dialog) => {
      questions.push(dialog.message());
      void (questions.length === 1 ? dialog.dismiss() : dialog.accept());
    });
    const revoke = page.getByRole("button", { name: "Revoke <b>deploy</b>" });
    await revoke.click();
    expect(dashboard.apiKeys.authenticate(token)).not.toBeNull();
    await revoke.click();
    await page.getByText("The API key <b>deploy</b> is revoked.").waitFor();
    expect(questions[0]).toStartWith("Revoke the API key <b>deploy</b>?");
    expect(dashboard.apiKeys.authenticate(token)).toBeNull();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test("everything works without scripts too: a page asks for confirmation, times are UTC", async () => {
    const { page } = await open("/admin/users", { ...DESKTOP, javaScriptEnabled: false });
    await signIn(page);
    await page.getByLabel("Username").fill("erin");
    await page.getByRole("button", { name: "Add user" }).click();
    await page.getByRole("heading", { name: "Password of erin" }).waitFor();
    expect(await page.getByRole("button", { name: "Copy" }).count()).toBe(0);
    expect(await page.locator("time").first().textContent()).toEndWith(" UTC");
    await page.getByRole("button", { name: "Disable erin" }).click();
    await page.getByRole("heading", { name: "Disable erin?" }).waitFor();
    await page.getByRole("button", { name: "Disable user" }).click();
    await page.getByText("erin can no longer sign in.").waitFor();
    await page.context().close();
  });

  test("a lost connection is reported", async () => {
    const { page } = await open("/profile");
    await signIn(page);
    await page.context().setOffline(true);
    await page.getByRole("link", { name: "Admin" }).click();
    await page.getByText("The server did not respond.").waitFor();
    await page.context().close();
  });

  test("times are in the reader's time zone, with UTC on demand", async () => {
    const { page } = await open("/admin/server", { ...DESKTOP, timezoneId: "Asia/Tokyo", locale: "en-GB" });
    await signIn(page);
    await page.goto("/admin/server");
    const time = page.locator("time").first();
    expect(await time.textContent()).toBe("1 Jan 2026, 09:00:00");
    expect(await time.getAttribute("title")).toBe("2026-01-01 00:00:00 UTC");
    await page.context().close();
  });

  test("times of the audit log's filter are in that zone too, on the first page already", async () => {
    const cookie = await dashboard.signIn("root");
    const { page } = await openEmpty({ ...DESKTOP, timezoneId: "Asia/Tokyo" });
    const [name = "", value = ""] = cookie.split("=");
    await page.context().addCookies([{ name, value, url: dashboard.server.url }]);
    await page.goto("/admin/audit");
    await page.getByText("Filter", { exact: true }).click();
    const from = page.getByLabel("From (Asia/Tokyo)");
    await from.fill("2026-01-01T09:00");
    await page.getByRole("button", { name: "Apply" }).click();
    await page.waitForURL(/zone=Asia%2FTokyo/);
    expect(await from.inputValue()).toBe("2026-01-01T09:00");
    await page.context().close();
  });
});

/** Finds what the header breaks over lines, pushes out of the window, or squeezes to less than a finger's width. */
const BROKEN_IN_HEADER = `[...document.querySelectorAll(".header a, .header button")].filter((each) => {
  const { width, height, right } = each.getBoundingClientRect();
  return width > 0 && (height > 40 || width < 24 || right > window.innerWidth);
}).map((each) => window.innerWidth + " px: " + each.textContent)`;

const CUT_NAME = `(() => {
  const name = document.querySelector(".nav-user");
  const text = document.createRange();
  text.selectNodeContents(name);
  return text.getBoundingClientRect().width > name.getBoundingClientRect().width;
})()`;

test("the header shows a short name in full in windows that have room", async () => {
  const { page } = await open("/profile");
  await signIn(page);
  for (const width of [970, 1000, 1030, 1089, 1280]) {
    await page.setViewportSize({ width, height: 500 });
    expect([width, await page.evaluate(CUT_NAME)]).toEqual([width, false]);
  }
  await page.context().close();
});

test("the header keeps each of its words on one line in windows of every width", async () => {
  await dashboard.users.create({ username: "a".repeat(40), password: PASSWORD, role: "admin" });
  const { page } = await open("/profile");
  await signIn(page, "a".repeat(40));
  const broken: unknown[] = [];
  for (const width of [320, 360, 390, 641, 769, 900, 961, 1024, 1089, 1280, 1440]) {
    await page.setViewportSize({ width, height: 500 });
    broken.push(await page.evaluate(BROKEN_IN_HEADER));
  }
  expect(broken.flat()).toEqual([]);
  await page.context().close();
});

describe("public pages, and pages with long names, are accessible and fit the window", () => {
  test.each<[string, BrowserContextOptions]>([
    ["in a wide window, light", { ...DESKTOP, colorScheme: "light" }],
    ["on a phone, dark", { ...PHONE, colorScheme: "dark" }],
  ])("%s", async (_name, options) => {
    await dashboard.users.create({ username: "erin", password: PASSWORD, role: "user" });
    dashboard.apiKeys.create({
      userId: dashboard.rootId,
      name: "a name without a space ".replaceAll(" ", "-"),
    });
    const { page } = await open("/pages/login", options);
    const found = [...(await findSeriousViolations(page))];
    await signIn(page);
    const { link } = await dashboard.invitations.create({
      userId: dashboard.rootId,
      webhookId: null,
      input: { name: "Dora", email: "a-long-address-without-a-space@example.com" },
    });
    const invitation = (link ?? "").replace(dashboard.config.baseUrl, "");
    // The other pages are walked in test/e2e/pages.test.ts.
    const long = ["/profile", "/admin/users", "/admin/invitations"];
    for (const path of [...long, invitation, "/pages/reset-password"]) {
      await page.goto(path);
      found.push(...(await findSeriousViolations(page)).map((line) => `${path} ${line}`));
      const surplus = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
      if (surplus !== 0) found.push(`${path} is ${surplus} px too wide`);
    }
    expect(found).toEqual([]);
    await page.context().close();
  });
});
