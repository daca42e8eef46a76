/** A webhook's page and the list of webhooks follow what happens, as parts that the server draws anew. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { z } from "zod";
import { startTestEvents, type TestEvents } from "../../support/test-events.ts";

const changeSchema = z.object({
  isReset: z.boolean(),
  rows: z.array(z.object({ id: z.string(), markup: z.string() })),
  count: z.number(),
});

let app: TestEvents;

beforeEach(async () => {
  app = await startTestEvents();
});
afterEach(() => app.stop());

/** Opens a page and its stream, as a browser does. */
async function follow(path: string) {
  const html = await (await app.ask(path)).text();
  const [, src = "", state = ""] = /<live-page[^>]* data-src="([^"]+)" data-state="([^"]+)"/.exec(html) ?? [];
  const url = new URL(src.replaceAll("&amp;", "&"), app.url);
  url.searchParams.set("state", state);
  const response = await app.ask(url.pathname + url.search);
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";

  async function readNext(): Promise<Uint8Array | undefined> {
    let isRead = false;
    const reading = reader?.read().finally(() => {
      isRead = true;
    });
    while (!isRead) {
      app.clock.advance(100);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return (await reading)?.value;
  }

  return {
    html,
    status: response.status,
    close: () => reader?.cancel(),
    /** The next change; the clock moves until it comes. */
    async next() {
      for (;;) {
        const found = /event: rows\n.*\ndata: (.*)\n\n/.exec(text);
        if (found) {
          text = text.slice(found.index + found[0].length);
          return changeSchema.parse(JSON.parse(found[1] ?? ""));
        }
        text += decoder.decode(await readNext());
      }
    },
  };
}

const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

describe("a webhook's page", () => {
  test("gets the parts that changed, and ticks its first steps", async () => {
    const page = await follow(app.path);
    expect(page.html).toContain("Next steps");
    const event = await app.addEvent();
    const received = await page.next();
    expect(received.isReset).toBe(false);
    expect(idsOf(received.rows)).toContain("numbers");
    const steps = received.rows.find(({ id }) => id === "steps")?.markup ?? "";
    expect(steps.match(/step-done/g)).toHaveLength(3);
    expect(received.count).toBe([...page.html.matchAll(/ data-live-part="/g)].length);

    const refused = { statusCode: 500, error: "It answered 500." };
    await app.addAttempt(event.id, { result: refused });
    const failed = (await page.next()).rows.find(({ id }) => id === "steps")?.markup;
    expect(failed).toContain("The target answered 500.");

    await app.addAttempt(event.id, {
      status: "delivered",
      nextAttemptAt: null,
      result: { attempt: 2, error: null },
    });
    const works = (await page.next()).rows.find(({ id }) => id === "steps")?.markup ?? "";
    expect(works).toContain("It works");
    expect(works.match(/step-done/g)).toHaveLength(4);
    await page.close();
    expect(await (await app.ask(app.path)).text()).not.toContain("It works");
  });

  test("follows changes of its settings too", async () => {
    const page = await follow(app.path);
    await app.useCases.targets.setPaused({ ...app.of, targetId: app.target.id, paused: true });
    const { rows } = await page.next();
    expect(rows.find(({ id }) => id === "targets-part")?.markup).toContain("paused");
    await page.close();
  });

  test("counts refused requests as they come, though no event does", async () => {
    const page = await follow(app.path);
    const url = `${app.url}/webhook/${app.entrypoint.id}`;
    expect((await fetch(url, { method: "DELETE" })).status).toBe(405);
    const { rows } = await page.next();
    expect(rows.map(({ markup }) => markup).join("")).toContain("1 refused");
    await page.close();
  });

  test("can be loaded again by a link without scripts", async () => {
    expect(await (await app.ask(`${app.path}?range=7d`)).text()).toContain(
      `href="${app.path}?range=7d">Refresh</a>`,
    );
  });
});

describe("the list of webhooks", () => {
  test("gets the rows that changed, and a webhook that is new", async () => {
    const other = await app.useCases.webhooks.create({ userId: app.ada, input: { name: "Quiet" } });
    const list = await follow("/sources");
    await app.addEvent();
    const { rows } = await list.next();
    expect(idsOf(rows)).toEqual([app.webhook.id]);
    expect(rows[0]?.markup).toContain("1 received");
    const { id } = await app.useCases.webhooks.create({ userId: app.ada, input: { name: "New" } });
    const change = await list.next();
    expect([idsOf(change.rows), change.count]).toEqual([[id], 3]);
    expect(change.rows[0]?.markup).not.toContain(other.name);
    await list.close();
  });
});

test("a user has a limited number of pages that follow, and each that is closed makes room", async () => {
  const pages = await Promise.all(Array.from({ length: 30 }, () => follow(app.path)));
  expect(pages.every(({ status }) => status === 200)).toBe(true);
  expect((await follow(app.path)).status).toBe(429);
  await pages[0]?.close();
  let status = 429;
  while (status !== 200) ({ status } = await follow(app.path));
  await Promise.all(pages.map(({ close }) => close()));
});
