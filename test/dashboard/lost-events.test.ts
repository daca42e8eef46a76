import { expect, test } from "bun:test";
import { startSourcePages } from "../support/webhook-pages.ts";

test("lost events are reported on the webhook's page, before all else, and in the list, until that is dismissed", async () => {
  const all = await startSourcePages();
  const LOST = "earlier events are lost";
  expect((await all.pages.get(all.paths.webhook)).html).not.toContain(LOST);
  all.mainDb.webhooks.noteEventsLost({ id: all.webhook.id, at: Date.UTC(2030, 0, 31) });
  const { html } = await all.pages.get(all.paths.webhook);
  expect(html).toContain("missing on 2030-01-31 00:00:00 UTC");
  expect(html.indexOf(LOST)).toBeGreaterThan(html.indexOf("<h1"));
  expect(html.indexOf(LOST)).toBeLessThan(html.indexOf("<h2"));
  expect((await all.pages.get("/sources")).html).toContain(">events lost<");
  const path = `${all.paths.webhook}/lost-events/dismiss`;
  expect((await all.pages.post(path, {}, { as: all.bob })).status).toBe(404);
  expect((await all.pages.get(all.paths.webhook)).html).toContain(`action="${path}"`);
  expect((await all.pages.post(path)).status).toBe(303);
  expect((await all.pages.get(all.paths.webhook)).html).not.toContain(LOST);
  expect((await all.pages.get("/sources")).html).not.toContain("events lost");
  await all.stop();
});
