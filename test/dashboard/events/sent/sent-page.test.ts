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

test("the request has the target's URL, headers and signature, and its secrets are masked", async () => {
  const config = { url: "https://receiver.example/in?shop=1", headers: { "X-Api-Key": "do-not-show" } };
  const input = { name: "Receiver", type: "http", config };
  const { id: targetId } = await app.useCases.targets.create({ ...app.of, input });
  const event = await app.addEvent({ body: '{"n":7}', targets: [{ id: targetId, settlesAtIngest: false }] });
  const resultId = newId();
  const startedAt = app.clock.now();
  const result = { id: resultId, attempt: 3, startedAt };
  await app.addAttempt(event.id, { targetId, result });
  const path = `${app.path}/events/${event.id}`;
  const sent = `${path}/results/${resultId}/sent`;
  const page = await (await app.ask(sent)).text();
  expect(page).toContain("<bdi>https://receiver.example/in?shop=1&amp;a=1</bdi>");
  const text = page.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
  expect(text).toContain("X-Api-Key [secret]");
  expect(text).toContain("x-sender shop");
  expect(text).toContain(`X-Webhooker-Event-Id ${event.id}`);
  expect(text).toContain("X-Webhooker-Attempt 3");
  expect(text).toMatch(
    new RegExp(`webhook-timestamp ${Math.floor(startedAt / 1_000)} webhook-signature v1,`),
  );
  expect(page).not.toContain("do-not-show");
  expect(text).not.toContain("The target was changed after this attempt");
  expect(await (await app.ask(path)).text()).toContain('aria-label="request, attempt 3"');

  app.clock.advance(1_000);
  await app.useCases.targets.update({ ...app.of, targetId, input: { name: "Renamed" } });
  expect(await (await app.ask(sent)).text()).toContain("The target was changed after this attempt");
  await app.useCases.targets.remove({ ...app.of, targetId });
  const gone = await app.ask(sent);
  expect([gone.status, (await gone.text()).includes("The request cannot be shown.")]).toEqual([200, true]);
});

test("an attempt that is unknown has no such page, nor has anyone else's", async () => {
  const event = await app.addEvent();
  expect((await app.ask(`${app.path}/events/${event.id}/results/${newId()}/sent`)).status).toBe(404);
  const { sent } = await pagesOf('{"n":1}');
  expect((await app.ask(sent, { as: app.bob })).status).toBe(404);
});
