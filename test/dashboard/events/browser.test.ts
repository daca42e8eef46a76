import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { BrowserContextOptions, Page } from "playwright-core";
import { DESKTOP, findSeriousViolations, PHONE } from "../../support/browser.ts";
import { startTestEvents, type TestEvents } from "../../support/test-events.ts";
import { OVER_HTTP, windowsOf } from "../../support/windows.ts";

const HOSTILE = `"'><img src=x onerror="window.pwned=1"><script>window.pwned=1</script></script></style></textarea>&lt;i&gt;\u202e`;

const OPEN_ALL = "for (const details of document.querySelectorAll('details')) details.open = true";

let app: TestEvents;
const { openEmpty } = windowsOf(() => app);

beforeAll(async () => {
  app = await startTestEvents(OVER_HTTP);
  // Pages show times in the machine's time zone.
  app.clock.jump(Date.now() - app.clock.now());
});
afterAll(() => app.stop());

/** Fails if the page complains or asks something meanwhile. */
async function withPage<T>(options: BrowserContextOptions, use: (page: Page) => Promise<T>): Promise<T> {
  const { page, complaints } = await openEmpty(options);
  const questions: string[] = [];
  page.setDefaultTimeout(10_000);
  page.on("dialog", (dialog) => {
    questions.push(dialog.message());
    void dialog.dismiss();
  });
  try {
    return await use(page);
  } finally {
    await page.context().close();
    // The console also reports a page with status 503 as an error.
    expect([questions, complaints.filter((line) => !line.includes("status of 503"))]).toEqual([[], []]);
  }
}

/** An event with hostile text in every field that somebody else can write. */
async function addHostileEvent(values: { contentType?: string; body: string }) {
  const target = await app.useCases.targets.create({
    ...app.of,
    input: { name: HOSTILE.slice(0, 190), type: "log" },
  });
  const entrypoint = await app.useCases.entrypoints.create({
    ...app.of,
    input: { name: HOSTILE.slice(0, 190) },
  });
  const event = await app.addEvent({
    ...values,
    method: HOSTILE,
    pathTail: `/${HOSTILE}`,
    query: HOSTILE,
    contentType: values.contentType ?? HOSTILE,
    remoteAddress: HOSTILE,
    entrypointId: entrypoint.id,
    headers: [[HOSTILE, HOSTILE]],
    targets: [{ id: target.id, settlesAtIngest: false }],
  });
  await app.addAttempt(event.id, {
    targetId: target.id,
    status: "failed",
    nextAttemptAt: null,
    reason: HOSTILE,
    result: {
      error: HOSTILE,
      responseHeaders: [
        [HOSTILE, HOSTILE],
        ["content-type", "text/html"],
      ],
      responseBody: new TextEncoder().encode(HOSTILE),
    },
  });
  return { event, target, entrypoint };
}

describe("hostile text in every field", () => {
  test("executes nothing and adds nothing, even where no content policy stands behind it", async () => {
    const json = JSON.stringify({ [HOSTILE]: HOSTILE });
    const bodies = [
      { body: HOSTILE, contentType: "text/html" },
      { body: HOSTILE },
      { body: json, contentType: "application/json" },
      {
        body: new URLSearchParams([
          [HOSTILE, HOSTILE],
          ["payload", json],
        ]).toString(),
        contentType: "application/x-www-form-urlencoded",
      },
      { body: `${HOSTILE}\u0000`, contentType: "image/svg+xml" },
    ];
    const paths: string[] = [];
    for (const body of bodies) {
      const { event, target, entrypoint } = await addHostileEvent(body);
      paths.push(`${app.path}/events/${event.id}`);
      paths.push(
        `${app.path}/logs?target=${target.id}&entrypoint=${entrypoint.id}&q=${encodeURIComponent(HOSTILE)}`,
      );
      await app.useCases.targets.remove({ ...app.of, targetId: target.id });
      paths.push(`${app.path}/logs?target=${target.id}`);
    }
    const bad = encodeURIComponent(HOSTILE);
    paths.push(`${app.path}/logs?status=${bad}&zone=${bad}&from=${bad}&method=${bad}&cursor=${bad}&x=${bad}`);
    await app.useCases.webhooks.update({ ...app.of, input: { name: HOSTILE.slice(0, 190) } });
    await withPage({ ...DESKTOP, bypassCSP: true }, async (page) => {
      for (const path of paths) {
        await page.goto(path);
        await page.evaluate(OPEN_ALL);
        const strangers = page.locator("body img, body script, body style, body i, [onerror]");
        expect([path, await strangers.count(), await page.evaluate("'pwned' in window")]).toEqual([
          path,
          0,
          false,
        ]);
      }
      const [first = ""] = paths;
      await page.goto(first);
      // Shown unchanged, in the request line and in the body.
      expect(await page.locator("h1").textContent()).toContain(HOSTILE);
      expect(await page.locator("section[aria-label='Body']").textContent()).toBe(HOSTILE);
    });
    await app.useCases.webhooks.update({ ...app.of, input: { name: "Shop" } });
  });
});

describe("with scripts", () => {
  test("events appear live, wait while paused, and change with their deliveries", () =>
    withPage(DESKTOP, async (page) => {
      // The page uses the machine's clock, the stream the test's.
      const ticking = setInterval(() => app.clock.advance(100), 20);
      await app.addEvent({ pathTail: "/before" });
      await page.goto(`${app.path}/logs`);
      await page.getByText("Live", { exact: true }).waitFor();
      app.clock.advance(1_000);
      const event = await app.addEvent({ pathTail: "/live-one" });
      const row = page.locator(`tr[data-event="${event.id}"]`);
      await row.waitFor();
      expect(await page.locator("tbody tr[data-event]").first().getAttribute("data-event")).toBe(event.id);
      expect(await row.locator("time").first().textContent()).not.toContain("UTC");
      await app.addAttempt(event.id, { status: "delivered", nextAttemptAt: null, result: { error: null } });
      await row.getByText("delivered").waitFor();

      await page.getByRole("button", { name: "Pause" }).click();
      app.clock.advance(1_000);
      const later = await app.addEvent({ pathTail: "/while-paused" });
      await page.getByRole("button", { name: "Resume · 1 changed" }).waitFor();
      expect(await page.locator(`tr[data-event="${later.id}"]`).count()).toBe(0);
      await page.getByRole("button", { name: /Resume/ }).click();
      await page.locator(`tr[data-event="${later.id}"]`).waitFor();

      await page.locator(`tr[data-event="${later.id}"] a`).click();
      await page.getByRole("heading", { name: /while-paused/ }).waitFor();
      clearInterval(ticking);
    }));

  test("an empty log fills by itself", () =>
    withPage(DESKTOP, async (page) => {
      const webhook = await app.useCases.webhooks.create({ userId: app.ada, input: { name: "Empty" } });
      await page.goto(`/source/${webhook.id}/logs`);
      await page.getByText("Live", { exact: true }).waitFor();
      const ticking = setInterval(() => app.clock.advance(100), 20);
      const event = await app.addEvent({ webhookId: webhook.id, targets: [] });
      await page.locator(`tr[data-event="${event.id}"]`).waitFor();
      clearInterval(ticking);
    }));

  test("the curl command is copied with one click", () =>
    withPage({ ...DESKTOP, permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
      const event = await app.addEvent({ body: '{"copied":true}' });
      await page.goto(`${app.path}/events/${event.id}`);
      await page.getByText("Copy as curl").click();
      await page.getByText("Copied", { exact: true }).waitFor();
      const text = await page.evaluate("navigator.clipboard.readText()");
      expect(text).toStartWith("curl -X 'POST'");
      expect(text).toContain('{"copied":true}');
    }));

  test("a replay of many is counted once its page is shown, and again for another target", () =>
    withPage(DESKTOP, async (page) => {
      const event = await app.addEvent({ body: "many" });
      await app.addAttempt(event.id, { status: "failed", nextAttemptAt: null });
      await page.goto(`${app.path}/replays/new?q=many`);
      await page.getByRole("button", { name: "Replay 1 delivery" }).waitFor();
      await page.getByLabel("Target").selectOption({ label: "Warehouse: only events it never received" });
      await page.getByRole("button", { name: "Recount" }).click();
      await page.getByText("Nothing to replay.").waitFor();
    }));

  test("times are asked for on the reader's clock", () =>
    withPage({ ...DESKTOP, timezoneId: "America/New_York" }, async (page) => {
      await page.goto(`${app.path}/logs`);
      await page.getByText("Filters").click();
      await page.getByLabel("From (America/New_York)").fill("2020-01-01T10:00");
      await page.getByRole("button", { name: "Apply" }).click();
      await page.waitForURL(/zone=America/);
      expect(new URL(page.url()).search).toBe("?from=2020-01-01T10%3A00&zone=America%2FNew_York");
      const time = page.locator(".chip time");
      expect(await time.getAttribute("datetime")).toBe("2020-01-01T15:00:00.000Z");
    }));
});

describe("without scripts", () => {
  test("the log is filtered, paged, read and repaired", () =>
    withPage({ ...DESKTOP, javaScriptEnabled: false }, async (page) => {
      const event = await app.addEvent({ body: "needle" });
      await app.addAttempt(event.id, { status: "failed", nextAttemptAt: null });
      await page.goto(`${app.path}/logs`);
      await page.getByLabel("Text or id").fill("needle");
      await page.getByText("Filters", { exact: true }).click();
      await page.getByLabel("Delivery", { exact: true }).selectOption("failed");
      await page.getByRole("button", { name: "Apply" }).click();
      expect(new URL(page.url()).search).toBe("?status=failed&q=needle");
      expect(await page.locator("tbody tr[data-event]").count()).toBe(1);
      expect(await page.getByRole("link", { name: "Reload" }).isVisible()).toBe(true);
      await page.locator("tbody tr a").click();
      await page.getByRole("button", { name: "Replay to Warehouse" }).click();
      await page.getByText("Replaying to 1 target.").waitFor();
      expect(new URL(page.url()).search).toBe("?status=failed&q=needle");
      await page.getByText("Back to all events").click();
      expect(await page.getByText("No matching events").count()).toBe(1);
      await page.goto(`${app.path}/replays/new?q=needle`);
      await page.getByText("Count what would be replayed").click();
      await page.getByRole("button", { name: "Replay 1 delivery" }).waitFor();
    }));
});

describe("every page", () => {
  test("has no serious accessibility fault, on a desk in light and on a phone in dark", async () => {
    const { event } = await addHostileEvent({
      body: '{"a":[1,true,"x"]}',
      contentType: "application/json",
    });
    const form = await app.addEvent({
      contentType: "application/x-www-form-urlencoded",
      body: 'a=1&b={"c":2}',
    });
    const bytes = await app.addEvent({ body: new Uint8Array(600) });
    const paths = [
      `${app.path}/logs`,
      `${app.path}/logs?status=failed&method=BREW&range=24h`,
      `${app.path}/logs?q=there-is-none`,
      ...[event, form, bytes].map(({ id }) => `${app.path}/events/${id}`),
    ];
    const looks = [
      { ...DESKTOP, colorScheme: "light" },
      { ...PHONE, colorScheme: "dark" },
    ] as const;
    for (const look of looks) {
      await withPage(look, async (page) => {
        for (const path of paths) {
          await page.goto(path);
          await page.evaluate(OPEN_ALL);
          expect([path, await findSeriousViolations(page)]).toEqual([path, []]);
          const overflow = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
          expect([path, overflow]).toEqual([path, 0]);
        }
      });
    }
  });
});
