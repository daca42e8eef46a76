/** Where parts of the log and of an event are, most of all on a phone, in a real browser. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { DESKTOP, PHONE } from "../../support/browser.ts";
import { startTestEvents, type TestEvents } from "../../support/test-events.ts";
import { OVER_HTTP, windowsOf } from "../../support/windows.ts";

let app: TestEvents;
const { open } = windowsOf(() => app);

beforeAll(async () => {
  app = await startTestEvents(OVER_HTTP);
});
afterAll(() => app.stop());

test("the name of an event can be read beside its deliveries in every state", async () => {
  const names = ["Failing", "Slow", "Paused", "Fine"];
  const targets = await Promise.all(
    names.map((name) => app.useCases.targets.create({ ...app.of, input: { name, type: "log" } })),
  );
  const event = await app.addEvent({
    type: "order.paid",
    targets: [...targets, app.target].map(({ id }) => ({ id, settlesAtIngest: false })),
  });
  const [failing, slow, paused, fine] = targets.map(({ id }) => id);
  const attempts = [
    { targetId: failing, status: "failed", nextAttemptAt: null },
    { targetId: slow, status: "pending" },
    { targetId: paused, status: "held", nextAttemptAt: null },
    { targetId: fine, status: "delivered", nextAttemptAt: null },
  ] as const;
  for (const { targetId = "", ...attempt } of attempts)
    await app.addAttempt(event.id, { targetId, ...attempt });
  const { page } = await open(`${app.path}/logs`, PHONE);
  const row = page.locator(`tr[data-event="${event.id}"]`);
  expect(await row.locator(".log-states .badge").count()).toBe(5);
  const name = row.locator(".log-type");
  expect(await name.textContent()).toBe("order.paid");
  expect(
    await name.evaluate(({ scrollWidth, clientWidth }) => [clientWidth > 0, scrollWidth - clientWidth]),
  ).toEqual([true, 0]);
  await page.context().close();
});

test("menus open within the window, wherever their buttons are", async () => {
  const event = await app.addEvent({ type: "order.paid" });
  for (const name of ["Paid orders", "Orders"]) {
    await app.ask(`${app.path}/filters`, { form: { name, query: `q=${name.length}` } });
  }
  const { page } = await open(`${app.path}/events/${event.id}`, PHONE);
  const room = (panel: string) =>
    page.evaluate(`(({ left, right }) => [left, window.innerWidth - right])(
      document.querySelector("${panel}").getBoundingClientRect())`);
  await page.getByText("More formats").click();
  expect(await room(".copy-formats")).toEqual([16, 16]);
  await page.goto(`${app.path}/logs?q=order`);
  await page.getByText("Save this filter").click();
  expect(await room(".save-filter-panel")).toEqual([16, 16]);
  await page.context().close();
});

test("the buttons below the log stand apart, on one line in a wide window", async () => {
  const { page } = await open(`${app.path}/logs`, DESKTOP);
  const gaps = `(([first, second]) => [second.left - first.right, second.top - first.top])(
    [...document.querySelectorAll(".log-chosen button")].map((each) => each.getBoundingClientRect()))`;
  expect(await page.evaluate(gaps)).toEqual([8, 0]);
  await page.context().close();
});
