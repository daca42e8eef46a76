import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { manualChapters } from "../../src/manual/chapters.ts";
import {
  collectComplaints,
  DESKTOP,
  findSeriousViolations,
  launchBrowser,
  PHONE,
  visitAll,
} from "../support/browser.ts";
import type { Gateway } from "../support/gateway.ts";
import { startSite } from "../support/site.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(240_000);

const SURPLUS_WIDTH = "document.documentElement.scrollWidth - window.innerWidth";
const PAGES = ["/docs", ...manualChapters.map(({ slug }) => `/docs/${slug}`)];
/** Chapters that between them have every element the manual uses: one renderer makes them all. */
const VARIED = ["retries", "filters", "configuration", "guarantees"];
const EXAMINED = ["/docs", ...VARIED.map((slug) => `/docs/${slug}`)];

let gateway: Gateway;
let browser: Browser;

beforeAll(async () => {
  [gateway, browser] = await Promise.all([startSite(), launchBrowser()]);
});

afterAll(async () => {
  await browser.close();
  await gateway.remove();
});

describe("the manual without a session", () => {
  test.each<[string, BrowserContextOptions]>([
    ["on a desk in light", { ...DESKTOP, colorScheme: "light" }],
    ["on a phone in dark", { ...PHONE, colorScheme: "dark" }],
  ])("has no serious accessibility fault and no complaint, and fits, %s", async (_name, look) => {
    const found: string[] = [];
    const open = async () => {
      const context = await browser.newContext({ ...look, baseURL: gateway.origin });
      const page = await context.newPage();
      return { page, complaints: collectComplaints(page) };
    };
    await visitAll(PAGES, open, async ({ page, complaints }, path) => {
      const known = complaints.length;
      await page.goto(path);
      const surplus = await page.evaluate(SURPLUS_WIDTH);
      const violations = EXAMINED.includes(path) ? await findSeriousViolations(page) : [];
      const lines = [...violations, ...complaints.slice(known)];
      if (surplus !== 0) lines.push(`is ${surplus} px wider than the window`);
      found.push(...lines.map((line) => `${path}: ${line}`));
    });
    expect(found).toEqual([]);
  });

  test("can be read from chapter to chapter on a phone without JavaScript", async () => {
    const context = await browser.newContext({
      ...PHONE,
      baseURL: gateway.origin,
      javaScriptEnabled: false,
    });
    const page = await context.newPage();
    const address = () => new URL(page.url()).pathname + new URL(page.url()).hash;
    await page.goto("/docs");
    await page.getByRole("link", { name: "Retries", exact: true }).click();
    expect(address()).toBe("/docs/retries");
    await page.getByRole("link", { name: "Chapters", exact: true }).click();
    expect(address()).toBe("/docs/retries#chapters");
    const chapters = page.getByRole("navigation", { name: "Chapters" });
    await chapters.getByRole("link", { name: "Retry-After" }).click();
    expect(address()).toBe("/docs/retries#retry-after");
    await page.getByRole("article").getByRole("link", { name: "Replays" }).click();
    expect(address()).toBe("/docs/replays");
    await page.locator("a[rel=next]").click();
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Event log and search");
    await context.close();
  });

  test("shows its chapters beside the text on a desktop", async () => {
    const context = await browser.newContext({ ...DESKTOP, baseURL: gateway.origin });
    const page = await context.newPage();
    await page.goto("/docs/retries");
    await page.getByRole("navigation", { name: "Chapters" }).getByRole("link", { name: "Ledger" }).click();
    await page.waitForURL("**/docs/ledger");
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Ledger");
    await context.close();
  });
});

describe("the manual of the executable", () => {
  test("is printed plain into a pipe", async () => {
    for (const { slug, title } of manualChapters.filter((each) => VARIED.includes(each.slug))) {
      const { code, out, err } = await gateway.run(["manual", slug]);
      expect([code, err, out.startsWith(`${title}\n===`), out.includes("\u001b")]).toEqual([
        0,
        "",
        true,
        false,
      ]);
    }
  });
});
