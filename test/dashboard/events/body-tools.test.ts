/** The path of a value, finding by it, and two events side by side. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "../../../src/lib/ids.ts";
import { DESKTOP, findSeriousViolations } from "../../support/browser.ts";
import { startTestEvents, type TestEvents } from "../../support/test-events.ts";
import { OVER_HTTP, windowsOf } from "../../support/windows.ts";

let app: TestEvents;
const { open } = windowsOf(() => app);

beforeAll(async () => {
  app = await startTestEvents(OVER_HTTP);
  app.clock.jump(Date.now() - app.clock.now());
});
afterAll(() => app.stop());

const BODY = '{"order":{"id":4711,"note":"a \\"b\\" & <c>"},"lines":[{"sku":"x.y"}],"d.e":1}';

async function html(path: string, status = 200, as?: string): Promise<string> {
  const answer = await app.ask(`${app.path}${path}`, as === undefined ? {} : { as });
  expect([path, answer.status]).toEqual([path, status]);
  return answer.text();
}

describe("the path of a value", () => {
  test("comes with a link to the events with that value", async () => {
    const { id } = await app.addEvent({ body: BODY });
    const at = (number: number) => html(`/events/${id}/value?n=${number}`);
    expect(await at(1)).toContain("$.order.id");
    expect(await at(2)).toContain(`href="${app.path}/logs?q=4711"`);
    expect(await at(4)).toContain(`href="${app.path}/logs?q=a+%22b%22+%26+%3Cc%3E"`);
    expect(await at(6)).toContain("$.lines.0.sku");
    expect(await at(8)).toContain("No path can name this value");
    expect(await at(99)).toContain("The body has no such value.");
    for (const odd of ["-1", "x", "1e99", ""]) await html(`/events/${id}/value?n=${odd}`);
    await html(`/events/${newId()}/value?n=1`, 404);
    await html(`/events/${id}/value?n=1`, 404, app.bob);
    await app.useCases.webhooks.update({ ...app.of, input: { indexed_fields: ["order=$.order.id"] } });
    expect(await at(2)).toContain(`href="${app.path}/logs?field.order=4711"`);
  });
});

describe("two events", () => {
  test("are compared line by line, the older one first", async () => {
    const older = await app.addEvent({ body: BODY });
    app.clock.jump(1_000);
    const newer = await app.addEvent({ body: BODY.replace("4711", "4712") });
    const page = await html(`/compare?event=${newer.id}&event=${older.id}`);
    expect(page).toMatch(/− {5}&quot;id&quot;: 4711|−\s+&#34;id&#34;: 4711|− {4}"id": 4711/);
    expect(page.indexOf("4711,")).toBeLessThan(page.indexOf("4712,"));
    expect(page).toContain("Older event");
    expect(await html(`/events/${newer.id}`)).toContain("Compare with the older event");
    expect(await html("/logs")).toContain(`formaction="${app.path}/compare"`);
  });

  test("must be two, and one's own", async () => {
    const { id } = await app.addEvent();
    for (const query of ["", `?event=${id}`, `?event=${id}&event=${id}&event=${id}`]) {
      expect(await html(`/compare${query}`)).toContain("Select two events in the log");
    }
    await html(`/compare?event=${id}&event=${newId()}`, 404);
    await html(`/compare?event=${id}&event=${id}`, 404, app.bob);
  });

  test("that differ in every line make no page of more than 3,000 elements", async () => {
    const lines = (seed: string) => JSON.stringify(Array.from({ length: 5_000 }, (_, n) => `${seed}${n}`));
    const [one, other] = [await app.addEvent({ body: lines("a") }), await app.addEvent({ body: lines("b") })];
    const page = await html(`/compare?event=${one.id}&event=${other.id}`);
    expect(page.match(/<[a-z]/g)?.length).toBeLessThan(3_000);
    expect(page).toContain("(cut here)");
  });
});

test("a body folds without scripts, and with them a click tells the path of a value", async () => {
  const { id } = await app.addEvent({ body: BODY });
  for (const javaScriptEnabled of [false, true]) {
    const { page } = await open(`${app.path}/events/${id}`, { ...DESKTOP, javaScriptEnabled });
    const value = page.locator(".json .jn").first();
    expect(await value.isVisible()).toBe(true);
    await page
      .locator(".json summary")
      .nth(1)
      .click({ position: { x: 3, y: 5 } });
    expect(await value.isVisible()).toBe(false);
    await page
      .locator(".json summary")
      .nth(1)
      .click({ position: { x: 3, y: 5 } });
    expect(await page.locator("#value-place").isVisible()).toBe(javaScriptEnabled);
    if (javaScriptEnabled) {
      await value.click();
      await page.getByText("$.order.id").waitFor();
      expect(await findSeriousViolations(page)).toEqual([]);
      await page.getByRole("link", { name: "Find events by order" }).click();
      await page.waitForURL(/field\.order=4711/);
    }
    await page.context().close();
  }
});
