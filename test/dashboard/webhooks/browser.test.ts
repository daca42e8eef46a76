import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { DESKTOP, findSeriousViolations, PHONE } from "../../support/browser.ts";
import { hoursBefore, NO_DELIVERIES } from "../../support/fake-overviews.ts";
import { type SourcePages, startSourcePages } from "../../support/webhook-pages.ts";
import { OVER_HTTP, windowsOf } from "../../support/windows.ts";

const HOSTILE = `"'><img src=x onerror=window.pwned=1><script>window.pwned=1</script></textarea>&quot;&lt;b`;

let all: SourcePages;
const { open } = windowsOf(() => all.pages);

beforeAll(async () => {
  all = await startSourcePages({ environment: OVER_HTTP });
});
afterAll(() => all.stop());

/** A webhook with markup in every part. */
async function makeHostile() {
  const userId = all.ada;
  const webhook = await all.useCases.webhooks.create({ userId, input: { name: HOSTILE } });
  const of = { userId, webhookId: webhook.id };
  const entrypoint = await all.useCases.entrypoints.create({ ...of, input: { name: HOSTILE } });
  const url = `https://example.com/${HOSTILE}`;
  const input = { name: HOSTILE, type: "http", config: { url, headers: { "X-'": "'" } } };
  const target = await all.useCases.targets.create({ ...of, input });
  const at = all.clock.now();
  const lastResult = { at, delivered: false, statusCode: null, error: HOSTILE };
  all.files.set(webhook.id, {
    eventCount: 12_345,
    overview: {
      hours: hoursBefore(
        at,
        Array.from({ length: 24 }, (_, hour) => [hour * 3, hour % 3] as const),
      ),
      lastEventAt: at,
      counts: { ...NO_DELIVERIES, delivered: 800, pending: 7, failed: 2 },
    },
    lastEvents: { [entrypoint.id]: at },
    targets: {
      [target.id]: { counts: { ...NO_DELIVERIES, pending: 7, failed: 2 }, filtered: 0, lastResult },
    },
  });
  const path = `/source/${webhook.id}`;
  return {
    webhook,
    paths: [
      ...["/sources", "/sources/new", path, `${path}/edit`, `${path}/delete`],
      ...[`${path}/targets/new`, `${path}/targets/new?type=slack`],
      ...["", "?range=7d", "/edit", "/delete"].map((end) => `${path}/targets/${target.id}${end}`),
      ...[`${path}/entrypoints/${entrypoint.id}/edit`, `${path}/entrypoints/${entrypoint.id}/delete`],
    ],
  };
}

test("a webhook with 200 targets has pages under 10,000 pixels without a serious fault", async () => {
  const userId = all.ada;
  const webhook = await all.useCases.webhooks.create({ userId, input: { name: "Many" } });
  const of = { userId, webhookId: webhook.id };
  for (let n = 0; n < 200; n++) {
    const name =
      n % 9 === 0 ? `Receiver ${n} with a name that is longer than its line on a phone` : `Receiver ${n}`;
    await all.useCases.targets.create({ ...of, input: { name, type: "log" } });
  }
  for (const look of [
    { ...DESKTOP, colorScheme: "dark" },
    { ...PHONE, colorScheme: "light" },
  ] as const) {
    const { page } = await open(`/source/${webhook.id}`, look);
    expect(await page.evaluate("document.documentElement.scrollHeight")).toBeLessThan(10_000);
    expect(await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")).toBe(0);
    expect(await findSeriousViolations(page)).toEqual([]);
    await page.fill("input[name=target_q]", "receiver 199");
    await page.click("#targets button:has-text('Find')");
    await page.waitForSelector("#targets .line:only-child");
    expect(await page.textContent("#targets .line-name a")).toBe("Receiver 199");
    await page.context().close();
  }
});

test("a double click on a form's button does it once, and a second one on a copy button leaves its label", async () => {
  const { page } = await open(`${all.paths.webhook}/targets/new?type=log`);
  const posts: string[] = [];
  page.on("request", (request) => request.method() === "POST" && posts.push(request.url()));
  await page.getByLabel("Name", { exact: true }).fill("Twice");
  await page.getByRole("button", { name: "Add target" }).dblclick();
  await page.waitForURL((url) => url.pathname === all.paths.webhook);
  // A second request would begin as soon as the page of the first is there.
  await page.getByRole("link", { name: "Twice", exact: true }).first().hover();
  expect(posts).toEqual([`${all.pages.url}${all.paths.webhook}/targets`]);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.clock.install();
  await page.reload();
  const copy = page.locator("[data-copy]").first();
  await copy.click();
  await copy.getByText("Copied").waitFor();
  await copy.click();
  await page.evaluate("navigator.clipboard.readText()");
  await page.clock.runFor(5_000);
  expect(await copy.locator("[data-copy-label]").textContent()).toBe("Copy command");
  await page.context().close();
});

async function expectHarmless(page: Page): Promise<void> {
  expect(await page.evaluate("window.pwned === undefined")).toBe(true);
  expect(await page.locator("img, script:not([src]), [onerror]").count()).toBe(0);
}

const TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth";

test.each([
  ["on a desk in light", { ...DESKTOP, colorScheme: "light" }],
  ["on a phone in dark", { ...PHONE, colorScheme: "dark" }],
] as const)(
  "markup in names, URLs and errors is shown as text, on pages that are accessible and fit, %s",
  async (_name, look) => {
    const { webhook, paths } = await makeHostile();
    const damaged = await all.useCases.webhooks.create({ userId: all.ada, input: { name: "Damaged" } });
    all.files.set(damaged.id, { isUnusable: true });
    const { page } = await open("/sources", look);
    for (const path of [...paths, `/source/${damaged.id}`, all.paths.webhook]) {
      await page.goto(path);
      await expectHarmless(page);
      const showsMarkup = paths.includes(path) && path !== "/sources/new";
      if (showsMarkup) expect(await page.content()).toContain("window.pwned");
      expect([path, await page.evaluate(TOO_WIDE)]).toEqual([path, false]);
      expect([path, await findSeriousViolations(page)]).toEqual([path, []]);
    }
    await page.goto(`/source/${webhook.id}`);
    expect(await page.locator("h1").textContent()).toContain(HOSTILE);
    expect(await page.locator(".stat-wide").textContent()).toContain("<script>");
    await page.context().close();
  },
);

test("markup that is typed into a form comes back as it was typed", async () => {
  for (const javaScriptEnabled of [true, false]) {
    const { page } = await open(`${all.paths.webhook}/targets/new`, { ...DESKTOP, javaScriptEnabled });
    await page.fill('[name="name"]', HOSTILE);
    await page.fill('[name="url"]', `https://user:pass@example.com/${HOSTILE}`);
    await page.fill('[name="headers.0.name"]', HOSTILE);
    await page.click('button:has-text("Add target")');
    await page.waitForSelector(".field-error");
    expect(await page.inputValue('[name="name"]')).toBe(HOSTILE);
    expect(await page.inputValue('[name="headers.0.name"]')).toBe(HOSTILE);
    expect(await page.locator("img, script:not([src])").count()).toBe(0);
    await page.context().close();
  }
});

test("a webhook is created, filled, paused and deleted, with scripts and without, on a phone too", async () => {
  for (const options of [DESKTOP, { ...PHONE, javaScriptEnabled: false }]) {
    const { page } = await open("/sources", options);
    await page.click('a:has-text("New webhook")');
    await page.fill('[name="name"]', "Journey");
    await page.click('button:has-text("Create webhook")');
    await page.waitForSelector("text=Next steps");
    expect(await page.locator(".copy-text").textContent()).toStartWith("http://hooks.example/webhook/");

    await page.click('.type:has-text("HTTP")');
    await page.waitForURL(/targets\/new/);
    await page.fill('[name="name"]', "Receiver");
    await page.fill('[name="url"]', "https://receiver.example/in");
    await page.click('button:has-text("Add target")');
    await page.waitForSelector("text=it gets every event from now on");
    await page.click('#targets button:has-text("Pause")');
    await page.waitForSelector("#targets .badge:has-text('paused')");

    await page.click('#entrypoints summary:has-text("Add an entrypoint")');
    await page.fill('#entrypoints [name="name"]', "Second");
    await page.click('button:has-text("Add entrypoint")');
    await page.waitForSelector("h3:has-text('Second')");
    await page.click('[aria-label="Disable entrypoint Second"]');
    await page.waitForSelector("#entrypoints .badge:has-text('disabled')");

    await page.click('a:has-text("Settings")');
    await page.click('a:has-text("Delete")');
    await page.waitForSelector("text=This will be permanently deleted");
    await page.fill('[name="confirm_name"]', "Not the name");
    await page.click('button:has-text("Delete webhook")');
    await page.waitForSelector(".field-error");
    await page.fill('[name="confirm_name"]', "Journey");
    await page.click('button:has-text("Delete webhook")');
    await page.waitForSelector("text=was deleted with all its events");
    await page.context().close();
  }
});
