/** The pages of the catalogue, and where its names and examples are offered. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestEvents, type TestEvents } from "../../support/test-events.ts";

let app: TestEvents;
beforeAll(async () => {
  app = await startTestEvents();
});
afterAll(() => app.stop());

const FORM = {
  name: "invoice.paid",
  description: "<b>Paid</b>",
  schema: '{"type":"object"}',
  example: '{"sum":1}',
};
const page = async (path: string) => (await app.ask(path)).text();

test("an event type is added, offered, changed and deleted", async () => {
  const added = await app.ask("/event-types", { form: FORM });
  expect([added.status, added.headers.get("location")]).toEqual([303, "/event-types"]);
  const list = await page("/event-types");
  expect(list).toContain("invoice.paid");
  expect(list).not.toContain("<b>Paid");
  const [, id = ""] = /href="\/event-types\/([0-9a-f-]{36})"/.exec(list) ?? [];

  expect(await page(`${app.path}/targets/new?type=http`)).toContain("In the catalogue: invoice.paid.");
  const send = await page(`${app.path}/send?sample=type:invoice.paid`);
  expect(send).toContain("Event type invoice.paid");
  expect(send).toContain("&quot;sum&quot;: 1");

  const path = `/event-types/${id}`;
  expect(await page(path)).toContain("invoice.paid");
  await app.ask(path, { form: { ...FORM, name: "invoice.sent", schema: "", example: "" } });
  expect(await page("/event-types")).not.toContain("invoice.paid");
  expect(await page(`${path}/delete`)).toContain("Delete the event type invoice.sent?");
  await app.ask(`${path}/delete`, { form: { confirmed: "yes" } });
  expect(await page("/event-types")).toContain("No event types yet");
});

test("what an event type lacks has no label, which a phone would show before nothing", async () => {
  await app.ask("/event-types", { form: { name: "bare" } });
  const labels = /data-label="(?:Description|Has)"/;
  expect(await page("/event-types")).not.toMatch(labels);
  await app.ask("/event-types", { form: FORM });
  expect(await page("/event-types")).toMatch(labels);
});

test("a form comes back with what is wrong", async () => {
  const wrong = await app.ask("/event-types", { form: { ...FORM, name: "b", schema: '{"pattern":"a"}' } });
  expect(wrong.status).toBe(422);
  const html = await wrong.text();
  expect(html).toMatch(/pattern: is not supported/i);
  expect(html).toContain("&lt;b&gt;Paid");
  expect((await app.ask("/event-types", { form: { ...FORM, schema: "{" } })).status).toBe(422);
});

test("what is refused is chosen on the page", async () => {
  await app.ask("/event-types/settings", { form: { check: "schemas" } });
  expect(await page("/event-types")).toMatch(/<option value="schemas" selected/);
});
