import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { newId } from "../../../src/lib/ids.ts";
import { startTestEvents, type TestEvents } from "../../support/test-events.ts";

let app: TestEvents;
let log: string;

beforeEach(async () => {
  app = await startTestEvents();
  log = `${app.path}/logs`;
});
afterEach(() => app.stop());

async function html(path: string, status = 200): Promise<string> {
  const response = await app.ask(path);
  expect([path, response.status]).toEqual([path, status]);
  return response.text();
}

function eventsOn(page: string): string[] {
  return [...page.matchAll(/data-event="([^"]+)"/g)].map(([, id]) => id ?? "");
}

function hrefs(page: string, pattern: RegExp): string[] {
  return [...page.matchAll(/href="([^"]+)"/g)]
    .map(([, href]) => (href ?? "").replaceAll("&amp;", "&"))
    .filter((href) => pattern.test(href));
}

async function addEvents(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    app.clock.jump(1_000);
    ids.unshift((await app.addEvent()).id);
  }
  return ids;
}

test("the log finds events by a field of the webhook, and links to itself without it", async () => {
  await app.useCases.webhooks.update({ ...app.of, input: { indexed_fields: ["order=$.order.id"] } });
  const { id } = await app.addEvent({ body: '{"order":{"id":4711}}' });
  await app.addEvent({ body: '{"order":{"id":4712}}' });
  const page = await html(`${log}?field.order=4711`);
  expect(eventsOn(page)).toEqual([id]);
  expect(page).toContain('name="field.order"');
  expect(hrefs(page, /logs$/).length).toBeGreaterThan(0);
  expect(hrefs(page, new RegExp(id)).every((href) => href.endsWith("?field.order=4711"))).toBe(true);
});

describe("the event log", () => {
  test("shows the newest first, with its request and its deliveries", async () => {
    const settled = await app.addEvent({ pathTail: "/first" });
    await app.addAttempt(settled.id, { status: "failed", nextAttemptAt: null, reason: "Given up." });
    app.clock.jump(1_000);
    const newest = await app.addEvent({ body: "x".repeat(2_048), contentType: "text/plain; charset=utf-8" });
    const page = await html(log);
    expect(eventsOn(page)).toEqual([newest.id, settled.id]);
    const [, first = "", second = ""] = page.split("data-event=");
    for (const part of ["POST", "/orders", "?a=1", "Orders", "xxx…", "2 KB", "pending"]) {
      expect(first).toContain(part);
    }
    expect(second).toContain("/first");
    expect(second).toContain("failed");
  });

  test("searches the text that the page of an event shows, and says how many bodies could not be searched", async () => {
    const headers = [["content-encoding", "gzip"]] as const;
    const packed = Bun.gzipSync(Buffer.from('{"city":"Z\\u00fcrich"}'));
    const found = await app.addEvent({ headers, body: packed });
    await app.addEvent({ headers, body: packed.subarray(0, 12) });
    const page = await html(`${log}?q=${encodeURIComponent("Zürich")}`);
    expect(eventsOn(page)).toEqual([found.id]);
    expect(page).toContain("1 event could not be searched for the text.");
    expect(await html(`${log}?q=nowhere`)).toContain("1 event could not be searched for the text.");
    const ask = await html(`${app.path}/replays/new?q=${encodeURIComponent("Zürich")}&counted=1`);
    expect(ask).toContain("1 event could not be searched for the text and is left out.");
    const event = await html(`${app.path}/events/${found.id}`);
    expect(event).toContain("city");
    expect(event).toContain("Sent compressed (gzip), shown decompressed.");
  });

  test("shows the type and what the body is about, and the request only if it is unusual", async () => {
    const body = '{"order":{"id":4711},"amount":"120.00","currency":"EUR"}';
    await app.addEvent({ type: "order.paid", body, pathTail: "", query: "" });
    app.clock.jump(1_000);
    await app.addEvent({ type: "order.paid", body, method: "PUT", pathTail: "/v2", query: "" });
    const [, unusual = "", usual = ""] = (await html(log)).split("data-event=");
    for (const row of [unusual, usual]) {
      expect(row).toContain(">order.paid</bdi>");
      expect(row).toContain(">order 4711 · 120.00 EUR</bdi>");
    }
    expect(unusual).toMatch(/PUT[\s\S]*\/v2/);
    expect(usual).not.toContain("POST");
  });

  test("heads the events of each day, and shows times of day with milliseconds", async () => {
    const start = Date.parse("2026-03-04T23:59:59.900Z");
    for (const after of [0, 50, 150]) await app.addEvent({ receivedAt: start + after });
    const page = await html(log);
    const shown = [...page.matchAll(/<th colspan="6" scope="rowgroup">([^<]*)<|data-time="clock">([^<]*)</g)];
    expect(shown.map(([, day, time]) => day ?? time)).toEqual([
      "2026-03-05 UTC",
      "00:00:00.050",
      "2026-03-04 UTC",
      "23:59:59.950",
      "23:59:59.900",
    ]);
  });

  test("proposes the types of recent events, and names its webhook in its title", async () => {
    await app.addEvent({ type: "order.paid" });
    const page = await html(log);
    expect(page).toContain('<option value="order.paid"></option>');
    expect(page).toContain("<title>Events · Shop · webhooker</title>");
  });

  test("stays under 150 KB and 3,000 nodes with fifty rows of long texts", async () => {
    const long = "ä<&".repeat(400);
    const body = JSON.stringify({ order: { id: long.slice(0, 60) }, name: long.slice(0, 90), status: long });
    for (let n = 0; n < 50; n++) {
      await app.addEvent({ type: `${n}${long}`.slice(0, 250), body, pathTail: `/${long}`, query: long });
    }
    const page = await html(log);
    expect(eventsOn(page)).toHaveLength(50);
    expect(Buffer.byteLength(page)).toBeLessThan(150_000);
    expect([...page.matchAll(/<[a-z]/g)].length).toBeLessThan(3_000);
  });

  test("marks an event that had no target", async () => {
    await app.addEvent({ targets: [] });
    expect(await html(log)).toContain("stored");
  });

  test("has pages with stable URLs that contain every event once", async () => {
    const ids = await addEvents(120);
    const seen: string[] = [];
    let path: string | undefined = log;
    let pages = 0;
    while (path !== undefined) {
      const page = await html(path);
      seen.push(...eventsOn(page));
      expect(page.includes("live-log")).toBe(pages === 0);
      expect(hrefs(page, /logs$/).length > 0).toBe(true);
      path = hrefs(page, /cursor=/)[0];
      pages++;
    }
    expect([pages, seen]).toEqual([3, ids]);
  });

  test("filters by every condition, and passes the filter on", async () => {
    const other = await app.useCases.entrypoints.create({ ...app.of, input: { name: "Refunds" } });
    const wanted = await app.addEvent({ entrypointId: other.id, body: '{"city":"Łódź"}' });
    await app.addAttempt(wanted.id, { status: "failed", nextAttemptAt: null });
    await addEvents(3);
    for (const query of [
      `entrypoint=${other.id}`,
      "status=failed",
      `target=${app.target.id}&status=failed`,
      "q=%C5%81%C3%B3d%C5%BA",
      `entrypoint=${other.id}&status=failed&method=POST`,
    ]) {
      const page = await html(`${log}?${query}`);
      expect([query, eventsOn(page)]).toEqual([query, [wanted.id]]);
      const [href = ""] = hrefs(page, /\/events\//);
      expect(new URLSearchParams(href.split("?")[1]).size).toBe(new URLSearchParams(query).size);
      expect(hrefs(page, /^\/source\/[^/]+\/logs$/).length).toBeGreaterThan(0);
    }
    expect(eventsOn(await html(`${log}?method=GET`))).toEqual([]);
    expect(eventsOn(await html(`${log}?from=2020-01-01T00:00&to=2020-01-02T00:00`))).toEqual([]);
    expect(eventsOn(await html(`${log}?range=1h`))).toHaveLength(4);
  });

  test("keeps a deleted target and entrypoint selectable while the filter uses them", async () => {
    await app.addEvent();
    await app.useCases.targets.remove({ ...app.of, targetId: app.target.id });
    const page = await html(`${log}?target=${app.target.id}&entrypoint=${newId()}`);
    expect(page).toContain("Warehouse (deleted)");
    expect(page).toContain("deleted entrypoint");
  });

  test("leaves out invalid values with a message, and shows the rest", async () => {
    const [id = ""] = await addEvents(1);
    const page = await html(`${log}?status=lost&range=5y&cursor=nowhere`);
    expect(eventsOn(page)).toEqual([id]);
    for (const name of ["status", "range", "cursor"]) expect(page).toContain(`“${name}” was ignored`);
    expect(page).not.toContain("nowhere");
  });

  test("shortens the URL that the form produces", async () => {
    const response = await app.ask(
      `${log}?q=&status=failed&target=&entrypoint=&method=&range=&from=&to=&zone=UTC`,
    );
    expect([response.status, response.headers.get("location")]).toEqual([303, `${log}?status=failed`]);
    expect((await app.ask(`${log}?status=failed`)).status).toBe(200);
  });

  test("says how far a search that stopped early got, and continues there", async () => {
    const event = await app.addEvent();
    app.stopSearchesAt(event);
    const page = await html(`${log}?q=x`);
    expect(page).toContain("Search paused<span> at <time");
    expect(page).toContain(new Date(event.receivedAt).toISOString());
    expect(hrefs(page, /cursor=/)).toContain(`${log}?q=x&cursor=${event.id}`);
  });

  test("without events shows how to send the first one", async () => {
    const page = await html(log);
    expect(page).toContain("No events yet");
    expect(page).toMatch(new RegExp(`curl [^<]*https://hooks.example/webhook/${app.entrypoint.id}`));
    expect(page).toContain("live-log");
  });

  test("without matches says so, and offers a way out", async () => {
    await app.addEvent();
    const page = await html(`${log}?q=nothing`);
    expect(page).toContain("No matching events");
    expect(hrefs(page, /logs$/)).toContain(log);
  });

  test("of an unusable event file says what to do, and other webhooks work", async () => {
    const broken = await app.useCases.webhooks.create({ userId: app.ada, input: { name: "Broken" } });
    await app.files.closeAll();
    await Bun.write(
      join(app.eventFiles, `events-${broken.id}.db`),
      "garbage, and not a database at all".repeat(99),
    );
    const page = await html(`/source/${broken.id}/logs`, 503);
    expect(page).toContain("Broken");
    expect(page).toMatch(/notice-bad[\s\S]*muted/);
    expect(await html(`/source/${broken.id}/events/${newId()}`, 503)).toContain("notice-bad");
    await html(log);
  });
});

test("of another user's webhook is not found on any path", async () => {
  const event = await app.addEvent();
  await app.addAttempt(event.id);
  const [delivery] = await app.store.listDeliveries(app.webhook.id, event.id);
  const path = `${app.path}/events/${event.id}`;
  const result = `${path}/results/${delivery?.results[0]?.id}/body`;
  for (const each of [
    log,
    `${log}/live`,
    path,
    `${path}/copy`,
    `${path}/body`,
    `${path}/body?download`,
    result,
  ]) {
    const own = await app.ask(each);
    expect([each, own.status]).toEqual([each, 200]);
    await own.body?.cancel();
    expect([each, (await app.ask(each, { as: app.bob })).status]).toEqual([each, 404]);
  }
  expect((await app.ask(`${path}/replay`, { as: app.bob, form: {} })).status).toBe(404);
  expect((await app.ask(`${path}/replay`, { form: {} })).status).toBe(303);
});
