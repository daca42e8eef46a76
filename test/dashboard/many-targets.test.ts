/** Two hundred targets: pages stay short and quick to read, with what is in trouble first. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { startTestEvents, type TestEvents } from "../support/test-events.ts";

const TARGETS = 200;
const MOST_NODES = 3_000;
const MOST_BYTES = 150_000;

let app: TestEvents;
let targetIds: string[];
let eventId: string;
let filteredId: string;

/** Ten targets: one gave up, one is retrying, and the others deliver. */
const stateOf = (index: number) => (index % 10 === 3 ? "failed" : index % 10 === 7 ? "pending" : "delivered");

beforeAll(async () => {
  app = await startTestEvents();
  const row = app.mainDb.targets.find({ id: app.target.id, webhookId: app.webhook.id });
  if (!row) throw new Error("there is no target");
  targetIds = Array.from({ length: TARGETS }, () => newId());
  for (const [index, id] of targetIds.entries()) {
    app.mainDb.targets.insert({
      ...row,
      id,
      name: `Receiver ${index} <b>`,
      createdAt: row.createdAt + index,
    });
  }
  const targets = targetIds.map((id) => ({ id, settlesAtIngest: false }));
  ({ id: eventId } = await app.addEvent({ targets }));
  for (const [index, targetId] of targetIds.entries()) {
    const status = stateOf(index);
    const isDelivered = status === "delivered";
    await app.addAttempt(eventId, {
      targetId,
      status,
      nextAttemptAt: status === "pending" ? app.clock.now() + 600_000 : null,
      reason: status === "failed" ? "Gave up." : null,
      result: { statusCode: isDelivered ? 200 : 500, error: isDelivered ? null : `HTTP 500 of ${index}` },
    });
  }
  const filtered = targetIds.map((targetId) => ({ targetId, fingerprint: "f" }));
  ({ id: filteredId } = await app.addEvent({ targets: [], filtered }));
});
afterAll(() => app.stop());

const read = async (path: string) => (await app.ask(`${app.path}${path}`)).text();
const textOf = (html: string) =>
  html
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .replaceAll(/&#(x27|39);/g, "'");
const namesIn = (html: string) => [...html.matchAll(/>Receiver (\d+) &lt;b&gt;</g)].map(([, n]) => Number(n));

test("no page has more than 3,000 nodes or 150 KB", async () => {
  const event = `/events/${eventId}`;
  const paths = [
    "",
    "?target_page=2",
    "/logs",
    event,
    `${event}?delivery_q=Receiver`,
    `/events/${filteredId}`,
  ];
  for (const path of [...paths, "/replays/new?status=failed", `/targets/${targetIds[0]}`, "/delete"]) {
    const html = await read(path);
    const nodes = html.match(/<[a-z]/g)?.length ?? 0;
    expect([path, nodes <= MOST_NODES, html.length <= MOST_BYTES]).toEqual([path, true, true]);
  }
});

test("the list of targets has one line each, those in trouble first, page by page", async () => {
  const first = await read("");
  const ranked = [...targetIds.keys()].toSorted((a, b) => rank(a) - rank(b));
  expect(namesIn(first)).toEqual(ranked.slice(0, 50));
  expect(textOf(first)).toContain("Page 1 of 5");
  const [, next = ""] = /href="([^"]*target_page=2[^"]*)"/.exec(first) ?? [];
  expect(namesIn(await (await app.ask(next.replaceAll("&amp;", "&"))).text())).toEqual(ranked.slice(50, 100));
  expect(namesIn(await read("?target_page=99"))).toEqual([]);
});

/** Both failed and retried ones failed last: they are failing. */
const rank = (index: number) => (stateOf(index) === "delivered" ? 1 : 0);

test("a target is found by its name, and targets by their state", async () => {
  expect(namesIn(await read("?target_q=receiver+17"))).toEqual(
    [17, ...Array.from({ length: 10 }, (_, n) => 170 + n)].toSorted((a, b) => rank(a) - rank(b) || a - b),
  );
  const failing = await read("?target_state=failing");
  expect(textOf(failing)).toContain("40 targets of 201");
  expect(namesIn(failing).every((index) => rank(index) === 0)).toBe(true);
  const none = await read("?target_q=nothing+of+that+name");
  expect(textOf(none)).toContain("0 targets of 201");
});

test("the deliveries of an event are folded by state with counts, those in trouble open", async () => {
  const html = await read(`/events/${eventId}`);
  const groups = [...html.matchAll(/<details class="delivery-group"( open)?>(.*?)<\/summary>/gs)];
  expect(groups.map(([, open, summary = ""]) => [open !== undefined, textOf(summary).trim()])).toEqual([
    [true, "failed 20 deliveries"],
    [true, "retrying 20 deliveries"],
    [false, "delivered 160 deliveries"],
  ]);
  expect(textOf(html)).toContain("HTTP 500 of 3");
  expect(textOf(html)).toContain("100 more: find them by their target's name.");
});

test("one of many deliveries is found by its target, and shown in full", async () => {
  const found = await read(`/events/${eventId}?delivery_q=receiver+199`);
  expect(namesIn(found)).toEqual([199]);
  const [, href = ""] = /href="([^"]*delivery=[^"]*)"/.exec(found) ?? [];
  const html = await (await app.ask(href.replaceAll("&amp;", "&"))).text();
  expect(html).toContain('aria-label="Delivery to Receiver 199 ');
  expect(html.match(/<section class="delivery"/g)).toHaveLength(1);
  expect(textOf(await read(`/events/${eventId}?delivery_q=nobody`))).toContain(
    "None of 200 deliveries is to a target of that name.",
  );
});

test("filters of many targets are told in number", async () => {
  const html = await read(`/events/${filteredId}`);
  expect(html.match(/aria-label="Filter of /g)).toHaveLength(20);
  expect(textOf(html)).toContain("180 more filters judged it.");
});
