/** Published events on the pages of the log: they came through no entrypoint. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { PUBLISHED } from "../../../src/settings/published-events.ts";
import { startTestEvents, type TestEvents } from "../../support/test-events.ts";

let app: TestEvents;
beforeAll(async () => {
  app = await startTestEvents();
});
afterAll(() => app.stop());

test("a published event says so, has no URL to send it to, and is found by its way", async () => {
  const event = await app.addEvent({ entrypointId: PUBLISHED, type: "invoice.paid" });
  const page = await (await app.ask(`${app.path}/events/${event.id}`)).text();
  expect(page).toContain("published by a program");
  expect(page).not.toContain("Copy as curl");
  expect(page).not.toContain("deleted entrypoint");
  const log = await (await app.ask(`${app.path}/logs?entrypoint=${PUBLISHED}`)).text();
  expect(log).toContain("invoice.paid");
  expect(log).toMatch(new RegExp(`<option value="${PUBLISHED}" selected[^>]*>Published<`));
});
