import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser } from "playwright-core";
import { readLook, toLook, writeLook } from "../../src/dashboard/look.ts";
import { DESKTOP, findSeriousViolations, launchBrowser } from "../support/browser.ts";
import { type SourcePages, startSourcePages } from "../support/webhook-pages.ts";

// A browser that starts beside other tests needs time.
setDefaultTimeout(120_000);

let all: SourcePages;
let browser: Browser;

beforeAll(async () => {
  [all, browser] = await Promise.all([
    startSourcePages({ environment: { BASE_URL: "http://hooks.example" } }),
    launchBrowser(),
  ]);
});

afterAll(async () => {
  await browser.close();
  await all.stop();
});

function read(cookie: string) {
  return readLook(new Request("http://x.example/", { headers: { cookie } }));
}

describe("the cookie of a browser's appearance", () => {
  test("is read as it was written, for HTTPS only where the dashboard is", () => {
    const look = { theme: "dark", times: "utc", keys: "off" } as const;
    const line = writeLook(look, "https://hooks.example");
    expect(line).toEndWith("; HttpOnly; SameSite=Lax; Secure");
    expect(writeLook(look, "http://hooks.example")).not.toContain("Secure");
    expect(read(line.split(";", 1)[0] ?? "")).toEqual(look);
  });

  test("means the default if it is missing or anything else", () => {
    const byDefault = { theme: "system", times: "local", keys: "on" };
    for (const cookie of ["", "webhooker_look=dark", 'webhooker_look="><script>.utc', "webhooker_look=a.b"]) {
      expect(read(cookie) as unknown).toEqual(byDefault);
    }
    const older = { theme: "dark", times: "utc", keys: "on" };
    expect(read("webhooker_look=dark.utc") as unknown).toEqual(older);
    expect(toLook({ theme: "red" }) as unknown).toEqual(byDefault);
  });
});

test("theme and times are switched in the profile, with scripts and without", async () => {
  const { id } = await all.useCases.targets.rotateSigning({ ...all.of, targetId: all.target.id, input: {} });
  const signing = `${all.paths.webhook}/targets/${id}/signing`;
  for (const javaScriptEnabled of [true, false]) {
    const context = await browser.newContext({
      ...DESKTOP,
      colorScheme: "light",
      timezoneId: "Asia/Tokyo",
      locale: "en-GB",
      baseURL: all.pages.url,
      storageState: await all.pages.browserState(),
      javaScriptEnabled,
    });
    const page = await context.newPage();
    const background = () =>
      page
        .locator("body")
        .evaluate((body) => String(Reflect.get(body, "computedStyleMap").call(body).get("background-color")));
    const time = page.locator("time[data-time='local']");
    await page.goto(signing);
    const [light, local] = [await background(), await time.textContent()];
    expect(local?.endsWith(" UTC")).toBe(!javaScriptEnabled);
    await page.goto("/profile");
    await page.selectOption('[name="theme"]', "dark");
    await page.selectOption('[name="times"]', "utc");
    await page.click('button:has-text("Change appearance")');
    await page.waitForSelector("html[data-theme='dark'][data-times='utc']");
    expect([await page.inputValue('[name="theme"]'), await page.inputValue('[name="times"]')]).toEqual([
      "dark",
      "utc",
    ]);
    await page.goto(signing);
    expect(await background()).not.toBe(light);
    expect(await time.textContent()).toEndWith(" UTC");
    if (javaScriptEnabled) {
      expect(await findSeriousViolations(page)).toEqual([]);
      expect(await page.evaluate("document.cookie")).toContain("webhooker_zone=UTC");
    }
    await context.close();
  }
});
