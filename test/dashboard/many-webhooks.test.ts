/** A thousand webhooks: the list stays short and is read without opening their files, those in trouble first. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { makeEventFile } from "../../src/storage/event-db/new-file.ts";
import { startTestEvents, type TestEvents } from "../support/test-events.ts";

const WEBHOOKS = 1_000;

let app: TestEvents;
/** The clock's monotonic time moves on, so that the files are read again. */
const later = () => app.clock.advance(60_000);

beforeAll(async () => {
  app = await startTestEvents();
  const row = app.mainDb.webhooks.find(app.webhook.id);
  if (!row) throw new Error("there is no webhook");
  for (let n = 1; n < WEBHOOKS; n++) {
    const id = newId();
    makeEventFile(app.files.pathOf(id));
    app.mainDb.webhooks.insert({ ...row, id, name: `Number ${n} <b>`, createdAt: row.createdAt + n });
  }
});
afterAll(() => app.stop());

const read = async (query = "") => (await app.ask(`/sources${query}`)).text();
const textOf = (html: string) => html.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
const namesIn = (html: string) =>
  [...html.matchAll(/class="part-link" href="[^"]*">([^<]*)</g)].map(([, name]) => name);

test("the list has one line each, 50 a page, within the limits of a page", async () => {
  const html = await read();
  expect(namesIn(html)).toHaveLength(50);
  expect(textOf(html)).toContain("1,000 webhooks of 1,000.");
  expect(textOf(html)).toContain("Page 1 of 20");
  expect(html.match(/<[a-z]/g)?.length).toBeLessThan(3_000);
  expect(html.length).toBeLessThan(150_000);
  const last = await read("?page=20");
  expect(namesIn(last).at(-1)).toBe("Number 999 &lt;b&gt;");
  expect(last).not.toContain("Next");
});

test("those in trouble come first, and are found by their state and name", async () => {
  const event = await app.addEvent();
  await app.addAttempt(event.id, { status: "failed", nextAttemptAt: null, reason: "Gave up." });
  later();
  const html = await read();
  expect(namesIn(html)[0]).toBe("Shop");
  expect(textOf(html)).toContain("Shop target failing 1 in 24 h 1 failed");
  expect(namesIn(await read("?state=failing"))).toEqual(["Shop"]);
  expect(namesIn(await read("?q=NUMBER+99&state=no+active+URL"))).toHaveLength(11);
  expect(textOf(await read("?q=nobody"))).toContain("name contains “nobody”.");
});

test("no file of the other webhooks is opened in the gateway for it", async () => {
  later();
  const before = app.files.openCount;
  await read();
  await read("?page=7");
  expect(app.files.openCount).toBe(before);
});

test("a new webhook and a new name are shown at once, and numbers by the next reading", async () => {
  await read();
  const of = { userId: app.ada, webhookId: app.webhook.id };
  await app.useCases.webhooks.update({ ...of, input: { name: "Renamed" } });
  const made = await app.useCases.webhooks.create({ userId: app.ada, input: { name: "Brand new" } });
  const html = await read("?q=new");
  expect(textOf(html)).toContain("Brand new not read yet");
  expect(namesIn(await read("?q=renamed"))).toEqual(["Renamed"]);
  later();
  expect(textOf(await read("?q=new"))).toContain("Brand new no active URL");
  await app.useCases.webhooks.remove({ userId: app.ada, webhookId: made.id });
  expect(namesIn(await read("?q=brand"))).toEqual([]);
});

test("a file that cannot be read is trouble", async () => {
  const [other] = app.mainDb.webhooks.list(app.ada).slice(-1);
  if (!other) throw new Error("there is no other webhook");
  await Bun.write(app.files.pathOf(other.id), "no database at all".repeat(100));
  later();
  expect(textOf(await read("?state=event+file+unusable"))).toContain("event file unusable");
});

test("nobody sees another user's", async () => {
  expect(await (await app.ask("/sources", { as: app.bob })).text()).not.toContain("Number");
});
