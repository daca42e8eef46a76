import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readLook, toLook, writeLook } from "../../src/dashboard/look.ts";
import { DESKTOP, findSeriousViolations } from "../support/browser.ts";
import { type SourcePages, startSourcePages } from "../support/webhook-pages.ts";
import { OVER_HTTP, windowsOf } from "../support/windows.ts";

let all: SourcePages;
const { open } = windowsOf(() => all.pages);

beforeAll(async () => {
  all = await startSourcePages({ environment: OVER_HTTP });
});
afterAll(() => all.stop());

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
    const tokyo = { timezoneId: "Asia/Tokyo", locale: "en-GB" };
    const { page } = await open(signing, { ...DESKTOP, ...tokyo, colorScheme: "light", javaScriptEnabled });
    const background = () =>
      page
        .locator("body")
        .evaluate((body) => String(Reflect.get(body, "computedStyleMap").call(body).get("background-color")));
    const time = page.locator("time[data-time='local']");
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
    await page.context().close();
  }
});
