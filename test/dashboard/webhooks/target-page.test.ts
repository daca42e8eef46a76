/** The page of a target, over a real event file. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { startTestEvents, type TestEvents } from "../../support/test-events.ts";

const HOUR = 3_600_000;

let app: TestEvents;
let path: string;

beforeEach(async () => {
  app = await startTestEvents();
  path = `${app.path}/targets/${app.target.id}`;
});
afterEach(() => app.stop());

const read = async (query = "") => (await app.ask(`${path}${query}`)).text();
const textOf = (html: string) => html.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");

/** Stores an event with an attempt that ends at `at`. */
async function attempt(at: number, statusCode: number, durationMs = 5): Promise<string> {
  const event = await app.addEvent({ type: "order.paid", receivedAt: at });
  const isDelivered = statusCode === 200;
  await app.addAttempt(event.id, {
    status: isDelivered ? "delivered" : "failed",
    nextAttemptAt: null,
    reason: isDelivered ? null : "No attempt is left.",
    result: {
      startedAt: at - durationMs,
      durationMs,
      statusCode,
      error: isDelivered ? null : `HTTP ${statusCode}`,
    },
  });
  return event.id;
}

test("counts, percentiles and responses are those of the chosen time", async () => {
  const now = app.clock.now();
  for (const ms of [3, 4, 5, 9]) await attempt(now, 200, ms);
  await attempt(now - 30 * HOUR, 503, 12);
  await attempt(now - 10 * 24 * HOUR, 404, 14);
  const day = textOf(await read());
  expect(day).toContain("Last 24 hours 24 hours 7 days 30 days Delivered 4 Failed attempts 0 Gave up 0");
  expect(day).toContain("p50 (half of the attempts) 4 ms p95 9 ms p99 9 ms");
  expect(day).toContain("Responses by status 2xx 4");
  expect(day).not.toContain("5xx");
  const week = textOf(await read("?range=7d"));
  expect(week).toContain("Last 7 days 24 hours 7 days 30 days Delivered 4 Failed attempts 1 Gave up 1");
  expect(week).toContain("2xx 4 5xx 1");
  expect(textOf(await read("?range=30d"))).toContain("2xx 4 4xx 1 5xx 1");
});

test("each bar leads to the events of its time and target, in the state that it is about", async () => {
  const now = app.clock.now();
  await attempt(now, 200);
  await attempt(now - 2 * HOUR, 500);
  const links = [...(await read()).matchAll(/class="chart-bar" href="([^"]*)"/g)].map(([, href = ""]) =>
    href.replaceAll("&amp;", "&"),
  );
  expect(links).toHaveLength(2);
  for (const [index, status] of ["failed", "delivered"].entries()) {
    expect(links[index]).toContain(`target=${app.target.id}&status=${status}`);
    const log = await (await app.ask(links[index] ?? "")).text();
    expect([status, log.match(/data-event="/g)?.length]).toEqual([status, 1]);
  }
});

test("the last failures say why, and lead to the event and to what was sent", async () => {
  const eventId = await attempt(app.clock.now(), 500);
  const html = await read();
  expect(html).toContain(`href="${app.path}/events/${eventId}"`);
  expect(textOf(html)).toContain("order.paid failed attempt 1, 2025");
  expect(textOf(html)).toContain("No attempt is left. Last response: HTTP 500");
  const [, sent = ""] = /href="([^"]*\/sent)"/.exec(html) ?? [];
  expect((await app.ask(sent)).status).toBe(200);
});

test("what failed is replayed by the form, filled in for this target only", async () => {
  expect(await read()).not.toContain("Replay failed…");
  await attempt(app.clock.now(), 500);
  const [, href = ""] = /href="([^"]*replays\/new[^"]*)"/.exec(await read()) ?? [];
  const form = textOf(await (await app.ask(`${href.replaceAll("&amp;", "&")}&counted=1`)).text());
  expect(form).toContain("Same targets: failed deliveries to Warehouse");
  expect(form).toContain("Replay 1 delivery");
});

test("a test event goes to this target only, and to none that is disabled", async () => {
  await app.useCases.targets.create({ ...app.of, input: { name: "Other", type: "log" } });
  const sent = await app.ask(`${path}/test`, { form: {} });
  const [, eventId = ""] = /\/events\/([^/?]+)$/.exec(sent.headers.get("location") ?? "") ?? [];
  const deliveries = await app.store.listDeliveries(app.webhook.id, eventId);
  expect(deliveries.map(({ targetId }) => targetId)).toEqual([app.target.id]);
  await app.useCases.targets.setActive({ ...app.of, targetId: app.target.id, active: false });
  expect(await read()).not.toContain("Send test event");
  const refused = await app.ask(`${path}/test`, { form: {} });
  expect(refused.headers.get("location")).toBe(path);
});

test("its buttons lead back to it, and those of the webhook's page to that", async () => {
  for (const name of ["pause", "resume"]) {
    expect(await read()).toContain(`action="${path}/${name}?from=target"`);
    expect(await (await app.ask(app.path)).text()).toContain(`action="${path}/${name}"`);
    const asked = await app.ask(`${path}/${name}?from=target`, { form: {} });
    expect(asked.headers.get("location")).toBe(path);
  }
  const asked = await app.ask(`${path}/pause`, { form: {} });
  expect(asked.headers.get("location")).toBe(app.path);
});

test("a target that sends nothing has no attempts to show", async () => {
  const { id } = await app.useCases.targets.create({ ...app.of, input: { name: "Kept", type: "database" } });
  const html = await (await app.ask(`${app.path}/targets/${id}`)).text();
  expect(textOf(html)).toContain("Nothing is sent: an event is delivered as soon as it is stored");
  expect(html).not.toContain("chart");
});

test("attempts that no hour counts are told of", async () => {
  app.clock.advance(20 * HOUR);
  expect(await read()).not.toContain("The first counted attempt");
  await attempt(app.clock.now(), 200);
  expect(textOf(await read())).toContain("The first counted attempt was in the hour from 2026");
});

test("the list of targets and an event's deliveries lead to it", async () => {
  const eventId = await attempt(app.clock.now(), 200);
  for (const from of [app.path, `${app.path}/events/${eventId}`]) {
    expect(await (await app.ask(from)).text()).toContain(`href="${path}"`);
  }
});
