/** Finding one's own objects by id and by name from the search box of every page, and from those of lists. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { draft } from "../storage/storage-world.ts";
import { startTestEvents, type TestEvents } from "../support/test-events.ts";

let app: TestEvents;
let eventId: string;
let deliveryId: string;
/** An event of the same user, in another webhook. */
let other: { webhookId: string; eventId: string };
/** Another user's. */
let foreign: { webhookId: string; targetId: string; eventId: string };

async function addWebhook(userId: string, name: string) {
  const { id: webhookId } = await app.useCases.webhooks.create({ userId, input: { name } });
  const id = newId();
  await app.store.append(draft({ webhookId, id }));
  return { webhookId, eventId: id };
}

beforeAll(async () => {
  app = await startTestEvents();
  app.clock.jump(Date.now() - app.clock.now());
  ({ id: eventId } = await app.addEvent());
  deliveryId = (await app.store.listDeliveries(app.webhook.id, eventId))[0]?.id ?? "";
  other = await addWebhook(app.ada, "Payments <b>");
  const theirs = await addWebhook(app.bob, "Shop of Bob");
  const of = { userId: app.bob, webhookId: theirs.webhookId };
  const target = await app.useCases.targets.create({ ...of, input: { name: "Warehouse", type: "log" } });
  foreign = { ...theirs, targetId: target.id };
});
afterAll(() => app.stop());

async function whereTo(path: string): Promise<string> {
  const answer = await app.ask(path);
  return answer.headers.get("location") ?? `${answer.status}`;
}

describe("an id", () => {
  const own = () =>
    [
      ["a webhook", app.webhook.id, app.path],
      ["a target", app.target.id, `${app.path}/targets/${app.target.id}`],
      ["an entrypoint", app.entrypoint.id, `${app.path}/entrypoints/${app.entrypoint.id}`],
      ["an event", eventId, `${app.path}/events/${eventId}`],
      ["a delivery", deliveryId, `${app.path}/events/${eventId}`],
      ["an event of another webhook", other.eventId, `/source/${other.webhookId}/events/${other.eventId}`],
    ] as const;

  test("opens its object from the box of every page, the log's, and the list's", async () => {
    for (const [what, id, path] of own()) {
      for (const box of ["/find", `${app.path}/logs`]) {
        for (const typed of [id, ` ${id.toUpperCase()} `]) {
          const to = await whereTo(`${box}?q=${encodeURIComponent(typed)}`);
          expect([what, box, to.startsWith(path)]).toEqual([what, box, true]);
        }
      }
      expect(await whereTo(`/sources?q=${id}`)).toBe(`/find?q=${id}`);
    }
  });

  test("of another user's object, or of nothing, finds nothing", async () => {
    for (const id of [foreign.webhookId, foreign.targetId, foreign.eventId, newId()]) {
      const answer = await app.ask(`/find?q=${id}`);
      expect([answer.status, (await answer.text()).includes("Nothing found")]).toEqual([200, true]);
      const log = await app.ask(`${app.path}/logs?q=${id}`);
      expect([log.status, (await log.text()).includes("No matching events")]).toEqual([200, true]);
    }
  });
});

describe("a name", () => {
  test("lists one's own webhooks, targets and entrypoints that contain it, and nobody else's", async () => {
    const page = await (await app.ask("/find?q=wAREh")).text();
    expect(page).toContain("target of Shop");
    expect(page).toContain(app.target.id);
    expect(page).not.toContain(foreign.targetId);
    const shop = await (await app.ask("/find?q=shop")).text();
    expect(shop).toContain(app.webhook.id);
    expect(shop).not.toContain("Shop of Bob");
    expect(await (await app.ask("/find?q=%25")).text()).toContain("Nothing found");
    expect(await (await app.ask("/find?q=%3Cb%3E")).text()).toContain("Payments &lt;b&gt;");
  });

  test("of many objects lists the first fifty and says so", async () => {
    for (let n = 0; n < 51; n++) {
      await app.useCases.entrypoints.create({ ...app.of, input: { name: `Many ${n}` } });
    }
    const page = await (await app.ask("/find?q=many")).text();
    expect(page.match(/entrypoint of Shop/g)).toHaveLength(50);
    expect(page).toContain("There are more.");
  });
});

describe("a saved filter", () => {
  const logPath = () => `${app.path}/logs`;
  const page = async (query = "") => (await app.ask(`${logPath()}${query}`)).text();

  test("is shown above the log, replaced by one of the same name, and deleted", async () => {
    expect(await page()).not.toContain("Save this filter");
    expect(await page("?answer=5xx")).toContain("Save this filter");
    const save = (name: string, query: string, as?: string) =>
      app.ask(`${app.path}/filters`, { form: { name, query }, ...(as && { as }) });
    const saved = await save(" Broken ", "q=&answer=5xx&colour=red&range=30d");
    expect(saved.headers.get("location")).toBe(`${logPath()}?range=30d&answer=5xx`);
    await save("Broken", "answer=500");
    await save("Slow & old", "range=30d");
    const shown = await page();
    expect(shown).toContain(`href="${logPath()}?answer=500"`);
    expect(shown).toContain("Slow &amp; old");
    expect(shown).not.toContain("5xx&quot;");
    expect(await page("?answer=500")).not.toContain("Save this filter");
    const [, id = ""] = /filters\/([^/]+)\/delete/.exec(shown) ?? [];
    expect((await save("Mine", "q=x", app.bob)).status).toBe(404);
    const remove = (as?: string) =>
      app.ask(`${app.path}/filters/${id}/delete`, { form: { query: "" }, ...(as && { as }) });
    expect((await remove(app.bob)).status).toBe(404);
    expect((await remove()).headers.get("location")).toBe(logPath());
    expect(await page()).not.toContain(id);
    expect((await remove()).status).toBe(404);
  });

  test("needs a name, and there are twenty at most", async () => {
    async function save(name: string): Promise<string> {
      const form = { name, query: "status=failed" };
      const [cookie = ""] = (await app.ask(`${app.path}/filters`, { form })).headers.getSetCookie();
      const answer = await app.ask(logPath(), { headers: { cookie: cookie.split(";", 1)[0] ?? "" } });
      return answer.text();
    }
    expect(await save("  ")).toContain("The filter was not saved. The filter’s name is empty.");
    for (let n = app.mainDb.savedFilters.list(app.of).length; n < 20; n++) await save(`Filter ${n}`);
    expect(app.mainDb.savedFilters.list(app.of)).toHaveLength(20);
    expect(await save("One more")).toContain("Not more than 20 filters can be saved for a webhook.");
    expect(app.mainDb.savedFilters.list(app.of)).toHaveLength(20);
  });

  test("goes with its webhook", async () => {
    const of = { userId: app.ada, webhookId: other.webhookId };
    await app.useCases.savedFilters.save({ ...of, input: { name: "Any", query: "method=PUT" } });
    await app.useCases.webhooks.remove(of);
    expect(app.mainDb.savedFilters.list(of)).toEqual([]);
  });
});
