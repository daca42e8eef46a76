/** The log and an event by keyboard, in a real browser. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { findSeriousViolations } from "../../support/browser.ts";
import { startTestEvents, type TestEvents } from "../../support/test-events.ts";
import { OVER_HTTP, windowsOf } from "../../support/windows.ts";

let app: TestEvents;
const { open } = windowsOf(() => app);
/** Newest first, as the log shows them. */
const ids: string[] = [];

beforeAll(async () => {
  app = await startTestEvents(OVER_HTTP);
  app.clock.jump(Date.now() - app.clock.now());
  for (let n = 0; n < 5; n++) {
    app.clock.jump(1_000);
    ids.unshift((await app.addEvent({ type: `order.${n}` })).id);
  }
});

afterAll(() => app.stop());

async function openLog(): Promise<Page> {
  return (await open(`${app.path}/logs`)).page;
}

const focusedRow = (page: Page) =>
  page.evaluate("document.activeElement.closest('tr')?.dataset.event ?? document.activeElement.name");
const selected = async (page: Page) =>
  page
    .locator('input[name="event"]:checked')
    .evaluateAll((all) => all.map((each) => each.getAttribute("value")));
const replayLabel = (page: Page) => page.locator(".log-chosen button").first().textContent();
const isOpen = (page: Page) => page.locator("dialog.keys").isVisible();

test("rows are walked, selected and opened, neighbours read, and nothing acts while somebody types", async () => {
  const page = await openLog();
  for (const [key, at] of [
    ["j", 0],
    ["j", 1],
    ["j", 2],
    ["k", 1],
  ] as const) {
    await page.keyboard.press(key);
    expect(await focusedRow(page)).toBe(ids[at]);
  }
  await page.keyboard.press("x");
  expect([await selected(page), await replayLabel(page)]).toEqual([[ids[1]], "Replay 1 event…"]);
  for (const key of ["j", "j", "Shift+X"]) await page.keyboard.press(key);
  expect([await selected(page), await replayLabel(page)]).toEqual([ids.slice(1, 4), "Replay 3 events…"]);
  await page.locator(`input[value="${ids[1]}"]`).click();
  await page.locator(`input[value="${ids[3]}"]`).click({ modifiers: ["Shift"] });
  expect([await selected(page), await replayLabel(page)]).toEqual([[], "Replay selected events…"]);
  const all = page.getByLabel("Select all events on this page");
  await all.check();
  expect([await selected(page), await replayLabel(page)]).toEqual([ids, "Replay 5 events…"]);
  await page.locator(`input[value="${ids[4]}"]`).uncheck();
  expect(
    await all.evaluate((box) => [Reflect.get(box, "checked"), Reflect.get(box, "indeterminate")]),
  ).toEqual([false, true]);

  await page.keyboard.press("?");
  expect(await isOpen(page)).toBe(true);
  expect(await page.locator("dialog.keys kbd").allInnerTexts()).toContain("Enter");
  expect(await findSeriousViolations(page)).toEqual([]);
  await page.keyboard.press("j");
  expect(await isOpen(page)).toBe(true);
  await page.keyboard.press("Escape");
  expect(await isOpen(page)).toBe(false);

  await page.keyboard.press("/");
  await page.keyboard.type("jx?/r[");
  expect([await page.inputValue('main [name="q"]'), await isOpen(page)]).toEqual(["jx?/r[", false]);
  await page.locator("main h1").click();
  await page.keyboard.press("Control+j");
  await page.keyboard.press("Alt+x");
  expect(await selected(page)).toHaveLength(4);

  await page.keyboard.press("r");
  await page.waitForURL(/\/replays\/new\?/);
  expect(new URL(page.url()).searchParams.getAll("event")).toHaveLength(4);
  await page.context().close();
});

test("an event leads to its neighbours, and is replayed only once that is confirmed", async () => {
  const page = await openLog();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/events/${ids[1]}`));
  await page.waitForSelector("[data-key='r']");
  await page.keyboard.press("]");
  await page.waitForURL(new RegExp(`/events/${ids[2]}`));
  await page.keyboard.press("[");
  await page.waitForURL(new RegExp(`/events/${ids[1]}`));
  const questions: string[] = [];
  page.once("dialog", (dialog) => {
    questions.push(dialog.message());
    void dialog.dismiss();
  });
  await page.keyboard.press("r");
  expect([questions, await page.locator(".flash-area").textContent()]).toEqual([
    ["Replay to all active targets?"],
    "",
  ]);
  page.once("dialog", (dialog) => void dialog.accept());
  await page.keyboard.press("r");
  await page.getByText("Replaying to 1 target.").waitFor();
  await page.context().close();
});

test("the keys are switched off in the profile", async () => {
  const page = await openLog();
  await page.goto(`${app.url}/profile`);
  await page.selectOption('[name="keys"]', "off");
  await page.click('button:has-text("Change appearance")');
  await page.waitForSelector("html[data-keys='off']");
  await page.goto(`${app.url}${app.path}/logs`);
  for (const key of ["j", "x", "?"]) await page.keyboard.press(key);
  expect([await selected(page), await isOpen(page)]).toEqual([[], false]);
  await page.locator(`input[value="${ids[0]}"]`).click();
  await page.locator(`input[value="${ids[2]}"]`).click({ modifiers: ["Shift"] });
  expect(await selected(page)).toEqual(ids.slice(0, 3));
  await page.context().close();
});

test("each row has one link, whose name says what came and when", async () => {
  const page = await (await app.ask(`${app.path}/logs`)).text();
  for (const row of page.split("<tr ").slice(2)) {
    const links = [...row.matchAll(/<a [^>]*aria-label="([^"]+)"/g)].map(([, name]) => name);
    if (!row.startsWith("data-event")) continue;
    expect(links).toHaveLength(1);
    expect(links[0]).toMatch(/^order\.\d, \d{4}-\d\d-\d\d /);
  }
});
