import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { newId } from "../../../../src/lib/ids.ts";
import { startTestEvents, type TestEvents } from "../../../support/test-events.ts";

// Starts the sandbox's process.
setDefaultTimeout(60_000);

const CODE = `function transform(payload) {
  console.log("<b>seen</b>");
  return payload.n === 2 ? null : { total: payload.n, note: "<i>" };
}`;

let app: TestEvents;
beforeAll(async () => {
  app = await startTestEvents();
  await app.useCases.targets.update({
    ...app.of,
    targetId: app.target.id,
    input: { transformation: { code: CODE } },
  });
});
afterAll(() => app.stop());

/** Stores an event with an attempt that ran the first version, and reads the pages of both. */
async function pagesOf(body: string, result: { transformationFailed?: boolean } = {}) {
  const event = await app.addEvent({ body });
  const resultId = newId();
  await app.addAttempt(event.id, { result: { id: resultId, transformationVersion: 1, ...result } });
  const path = `${app.path}/events/${event.id}`;
  const sent = `${path}/results/${resultId}/sent`;
  const [eventPage, sentPage] = await Promise.all([app.ask(path), app.ask(sent)]);
  expect([eventPage.status, sentPage.status]).toEqual([200, 200]);
  return { sent, event: await eventPage.text(), page: await sentPage.text() };
}

test("an attempt names the version that it ran, and leads to what it sent", async () => {
  const { sent, event } = await pagesOf('{"n":1}');
  expect(event).toContain(`href="${sent}"`);
  expect(event).toContain("transformed by version 1");
});

test("the request before and after stand side by side, with the console and the code", async () => {
  const { page } = await pagesOf('{"n":1}');
  expect(page).toContain('<td class="diff-removed"><bdi>−   &quot;n&quot;: 1</bdi></td>');
  expect(page).toContain('<td class="diff-added"><bdi>+   &quot;total&quot;: 1,</bdi></td>');
  expect(page).toContain("  x-sender: shop");
  expect(page).toContain("&lt;b&gt;seen&lt;/b&gt;");
  expect(page).not.toContain("<b>seen");
  expect(page).not.toContain("<i>");
  expect(page).toContain("function transform(payload)");
});

test("a delivery that was dropped says that nothing was sent", async () => {
  expect((await pagesOf('{"n":2}')).page).toContain("Nothing: the transformation dropped the delivery.");
});

test("a fault is shown with its place", async () => {
  const { page } = await pagesOf("null", { transformationFailed: true });
  expect(page).toContain("(line 3, column");
  expect(page).toContain("Nothing was sent.");
});

test("an attempt without a transformation has no such page, nor has anyone else's", async () => {
  const event = await app.addEvent();
  const resultId = newId();
  await app.addAttempt(event.id, { result: { id: resultId } });
  const path = `${app.path}/events/${event.id}`;
  expect((await app.ask(`${path}/results/${resultId}/sent`)).status).toBe(404);
  expect(await (await app.ask(path)).text()).not.toContain("transformed by");
  const { sent } = await pagesOf('{"n":1}');
  expect((await app.ask(sent, { as: app.bob })).status).toBe(404);
});
