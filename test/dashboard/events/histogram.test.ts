import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { DAY_MS, HOUR_MS } from "../../../src/lib/clock.ts";
import { startTestEvents, type TestEvents } from "../../support/test-events.ts";

let app: TestEvents;
let log: string;

beforeEach(async () => {
  app = await startTestEvents();
  log = `${app.path}/logs`;
});
afterEach(() => app.stop());

async function html(path: string): Promise<string> {
  const response = await app.ask(path);
  expect([path, response.status]).toEqual([path, 200]);
  return response.text();
}

/** Names and counts of the bars that have events, from the chart's table. */
function barsOf(page: string): (readonly [string, number])[] {
  const [, table = ""] = /<tbody>([\s\S]*?)<\/tbody>/.exec(page.slice(page.indexOf('id="histogram"'))) ?? [];
  return [...table.matchAll(/<a[^>]*>([^<]*)<\/a><\/th><td[^>]*>([^<]*)</g)].map(
    ([, name = "", count]) => [name, Number(count)] as const,
  );
}

function links(page: string): string[] {
  return [...page.matchAll(/class="chart-bar" href="([^"]+)"/g)].map(([, href]) =>
    (href ?? "").replaceAll("&amp;", "&"),
  );
}

async function addOverDays(): Promise<void> {
  const now = app.clock.now();
  for (const ago of [3 * DAY_MS, 2 * DAY_MS, 2 * DAY_MS, HOUR_MS]) {
    await app.addEvent({ receivedAt: now - ago, method: ago === HOUR_MS ? "PUT" : "POST" });
  }
}

describe("the chart above the log", () => {
  test("has all events over time, and each bar leads to the events of its time", async () => {
    await addOverDays();
    const page = await html(log);
    expect(barsOf(page).map(([, count]) => count)).toEqual([1, 2, 1]);
    const [, second = ""] = links(page);
    const narrow = await html(second);
    expect(narrow.match(/data-event="/g)).toHaveLength(2);
  });

  test("comes after the page if the events must be looked at, and keeps the other conditions", async () => {
    await addOverDays();
    const page = await html(`${log}?method=POST`);
    expect(links(page)).toEqual([]);
    const [, later = ""] = /hx-get="([^"]+)" hx-trigger="load"/.exec(page) ?? [];
    expect(later).toBe(`${log}/histogram?method=POST`);
    const chart = await html(later);
    expect(barsOf(chart).map(([, count]) => count)).toEqual([1, 2]);
    const [first = ""] = links(chart);
    expect(first).toContain("method=POST");
    expect((await html(first)).match(/data-event="/g)).toHaveLength(1);
  });

  test("divides an hour into minutes", async () => {
    for (const ago of [50, 20, 20]) await app.addEvent({ receivedAt: app.clock.now() - ago * 60_000 });
    const chart = await html(`${log}/histogram?range=1h`);
    expect(barsOf(chart).map(([, count]) => count)).toEqual([1, 2]);
    const [, second = ""] = links(chart);
    expect((await html(second)).match(/data-event="/g)).toHaveLength(2);
  });

  test("is left out without events, and on older pages", async () => {
    expect(await html(log)).not.toContain('id="histogram"');
    expect(await html(`${log}/histogram`)).toContain("too few events");
    await addOverDays();
    const { id } = await app.addEvent();
    expect(await html(`${log}?cursor=${id}`)).not.toContain('id="histogram"');
  });
});
