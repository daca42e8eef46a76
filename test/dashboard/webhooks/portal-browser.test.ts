/** The page about a webhook's portals in a real browser: its forms, a preview in a tab of its own, and who can read it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { DESKTOP, findSeriousViolations, PHONE } from "../../support/browser.ts";
import { type SourcePages, startSourcePages } from "../../support/webhook-pages.ts";
import { OVER_HTTP, windowsOf } from "../../support/windows.ts";

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>';
const SURPLUS = "document.documentElement.scrollWidth - window.innerWidth";

let world: SourcePages;
const { open } = windowsOf(() => world.pages);

beforeAll(async () => {
  world = await startSourcePages({ environment: OVER_HTTP });
});
afterAll(() => world.stop());

async function fill(page: Page): Promise<void> {
  await page.getByLabel("Name (optional)").fill("Acme");
  await page.getByLabel("Colour (optional)").fill("#E11D48");
  const logo = { name: "logo.svg", mimeType: "image/svg+xml", buffer: Buffer.from(SVG) };
  await page.getByLabel("Logo (optional)").setInputFiles(logo);
  await page.getByRole("button", { name: "Save the look" }).click();
  await page.getByText("The look of your portals is saved.").waitFor();
  await page.getByRole("button", { name: "Make link" }).click();
  await page.getByText("Copy it now").waitFor();
}

test.each([
  ["on a desk in light", { ...DESKTOP, colorScheme: "light" }],
  ["on a phone in dark", { ...PHONE, colorScheme: "dark" }],
] as const)("everything works %s, fits, and can be read by everybody", async (_name, look) => {
  const { page, complaints } = await open(`${world.paths.webhook}/portal`, look);
  await fill(page);
  const opened = page.context().waitForEvent("page");
  await page.getByRole("button", { name: "Open preview" }).click();
  const preview = await opened;
  await preview.getByRole("link", { name: "Warehouse" }).waitFor();
  expect(await preview.locator("header").textContent()).toBe("Acme");
  expect(await preview.evaluate("document.querySelector('header img').naturalWidth > 0")).toBe(true);
  await page.reload();
  await page.getByText("open", { exact: true }).waitFor();
  expect(await findSeriousViolations(page)).toEqual([]);
  expect([await page.evaluate(SURPLUS), complaints]).toEqual([0, []]);

  const rows = page.locator("tbody tr");
  const before = await rows.count();
  page.once("dialog", (dialog) => void dialog.accept());
  await rows.first().getByRole("button", { name: "Revoke" }).click();
  await page.getByText("The link is revoked.").waitFor();
  expect(await rows.count()).toBe(before - 1);
  await preview.reload();
  await preview.getByText("This link is not valid any more").waitFor();
  await page.context().close();
});
