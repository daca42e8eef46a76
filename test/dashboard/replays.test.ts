/** From the log to a replay of many events: select, count, confirm, and follow its progress. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { newId } from "../../src/lib/ids.ts";
import { startTestEvents, type TestEvents } from "../support/test-events.ts";

let app: TestEvents;
let replays: string;

beforeEach(async () => {
  app = await startTestEvents();
  replays = `${app.path}/replays`;
});
afterEach(() => app.stop());

async function html(path: string, status = 200): Promise<string> {
  const response = await app.ask(path);
  expect([path, response.status]).toEqual([path, status]);
  return response.text();
}

/** The page with the count that it asks for once it is shown. */
async function counted(path: string): Promise<string> {
  const page = await html(path);
  expect(page).not.toContain('name="confirmed"');
  const link = /hx-get="([^"]+)" hx-trigger="load"/.exec(page)?.[1] ?? "";
  expect(page).toContain(`<a href="${link}">Count what would be replayed</a>`);
  return html(link.replaceAll("&amp;", "&"));
}

/** Posts like the page's button. */
async function begin(path: string): Promise<Response> {
  const page = await counted(path);
  const action = /<form class="form-actions" method="post" action="([^"]+)"/.exec(page)?.[1] ?? "";
  return app.ask(action.replaceAll("&amp;", "&"), { form: { confirmed: "yes" } });
}

async function ended(): Promise<string> {
  for (;;) {
    const page = await html(replays);
    if (!/badge[^>]*>(counting|running)</.test(page)) return page;
  }
}

async function addFailed(): Promise<string> {
  const { id } = await app.addEvent();
  await app.addAttempt(id, { status: "failed", nextAttemptAt: null, reason: "Given up." });
  return id;
}

const statesOf = async (eventId: string) =>
  (await app.store.listDeliveries(app.webhook.id, eventId)).map(({ status }) => status);

describe("from the log", () => {
  test("its filter is passed on, is counted, and the replay starts after a confirmation", async () => {
    const failed = [await addFailed(), await addFailed()];
    const pending = await app.addEvent();
    const log = await html(`${app.path}/logs?status=failed`);
    const link = /href="([^"]+\/replays\/new\?status=failed)"/.exec(log)?.[1] ?? "";
    const page = await counted(link);
    expect(page).toContain("2 deliveries");
    expect(page).toContain("of 2 events");
    expect(await app.replayRuns.list(app.webhook.id)).toEqual([]);
    const answer = await begin(link);
    expect([answer.status, answer.headers.get("location")]).toEqual([303, replays]);
    const list = await ended();
    expect(list).toContain('data-label="Filter">failed<');
    expect(list).toContain("2 of 2");
    expect(await Promise.all(failed.map(statesOf))).toEqual([["pending"], ["pending"]]);
    expect(await statesOf(pending.id)).toEqual(["pending"]);
  });

  test("selected events are replayed, and no others", async () => {
    const ids = [await addFailed(), await addFailed(), await addFailed()];
    const log = await html(`${app.path}/logs`);
    for (const id of ids) expect(log).toContain(`name="event" value="${id}" form="chosen-events"`);
    const path = `${replays}/new?chosen=1&event=${ids[0]}&event=${ids[2]}`;
    expect(await counted(path)).toContain("2 selected events");
    expect((await begin(path)).status).toBe(303);
    expect(await ended()).toContain("2 selected events");
    expect(await Promise.all(ids.map(statesOf))).toEqual([["pending"], ["failed"], ["pending"]]);
  });

  test("a range up to now is fixed once the replay has started", async () => {
    await addFailed();
    expect((await begin(`${replays}/new?range=24h`)).status).toBe(303);
    const [run] = await app.replayRuns.list(app.webhook.id);
    expect(run?.selection).toEqual({ kind: "filter", filter: { from: app.clock.now() - 86_400_000 } });
  });
});

describe("a new target", () => {
  test("can receive all events that it never received", async () => {
    const { id } = await app.addEvent();
    const target = await app.useCases.targets.create({ ...app.of, input: { name: "New", type: "log" } });
    const page = await counted(`${replays}/new?deliver=missing:${target.id}`);
    expect(page).toContain("New: only events it never received");
    expect(page).toContain("1 delivery");
    await begin(`${replays}/new?deliver=missing:${target.id}`);
    expect(await ended()).toContain("New, only events it never received");
    expect(await statesOf(id)).toHaveLength(2);
    expect(await counted(`${replays}/new?deliver=missing:${target.id}`)).toContain("Nothing to replay.");
  });

  test("that is paused is named as the reason for waiting", async () => {
    await app.addEvent();
    const input = { name: "Paused", type: "log", active: false };
    const { id } = await app.useCases.targets.create({ ...app.of, input });
    expect(await counted(`${replays}/new?deliver=all:${id}`)).toContain("“Paused” is paused");
    await begin(`${replays}/new?deliver=all:${id}`);
    for (;;) if ((await html(replays)).includes("paused: waiting until you resume it")) break;
    const [run] = await app.replayRuns.list(app.webhook.id);
    const act = async (name: string) => {
      const answer = await app.ask(`${replays}/${run?.id}/${name}`, { form: {} });
      expect([answer.status, answer.headers.get("location")]).toEqual([303, replays]);
    };
    await act("pause");
    expect(await html(replays)).toContain(`${replays}/${run?.id}/resume`);
    await act("resume");
    expect(await html(replays)).toContain('data-confirm="Cancel this replay? It cannot be resumed then.');
    await act("cancel");
    expect(await html(replays)).not.toContain("/cancel");
    await act("resume");
    expect(await app.replayRuns.list(app.webhook.id)).toMatchObject([{ state: "cancelled" }]);
  });
});

test("a paused target is named with what it waits for, and the replay continues without it", async () => {
  const paused = await app.useCases.targets.create({ ...app.of, input: { name: "Paused", type: "log" } });
  const { id } = await app.addEvent();
  const both = [app.target.id, paused.id];
  await app.store.replay({ webhookId: app.webhook.id, eventId: id, targetIds: both, now: app.clock.now() });
  await app.useCases.targets.update({ ...app.of, targetId: paused.id, input: { active: false } });
  await begin(`${replays}/new`);
  for (;;) if ((await html(replays)).includes("paused: waiting until you resume it")) break;
  const page = await html(replays);
  const without = new RegExp(`action="([^"]+/targets/${paused.id}/remove)"`).exec(page)?.[1] ?? "";
  expect(page).toContain("Continue without Paused");
  expect((await app.ask(without, { form: {} })).headers.get("location")).toBe(replays);
  const list = await ended();
  expect(list).toContain("skipped: the replay continues without it");
  expect(await app.replayRuns.list(app.webhook.id)).toMatchObject([{ state: "done", replayed: 1 }]);
  expect((await app.ask(without, { form: {} })).status).toBe(303);
});

describe("nothing is replayed by mistake", () => {
  test.each([
    ["status=lost", "status"],
    ["from=yesterday", "from"],
    ["target=x", "target"],
    ["chosen=1", "No event is selected"],
    ["chosen=1&event=x", "is not an event id"],
    ["deliver=everyone", "is not a choice of this form"],
    [`deliver=all:${"x".repeat(36)}`, "is not a choice of this form"],
    [`chosen=1${"&event=00000000-0000-7000-8000-000000000000".repeat(201)}`, "At most 200"],
  ])("%#: what is not understood is refused, not left out", async (query, word) => {
    await addFailed();
    const page = await html(`${replays}/new?${query}`, 422);
    expect(page).toContain(word);
    expect(page).not.toContain('name="confirmed"');
    const answer = await app.ask(`${replays}?${query}`, { form: { confirmed: "yes" } });
    expect(answer.status).toBe(422);
    expect(await app.replayRuns.list(app.webhook.id)).toEqual([]);
  });

  test("a post without the page's confirmation is asked for it", async () => {
    await addFailed();
    const answer = await app.ask(replays, { form: {} });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain("Count what would be replayed");
    expect(await app.replayRuns.list(app.webhook.id)).toEqual([]);
  });

  test("another user's target and webhook are not found", async () => {
    await addFailed();
    const others = await app.useCases.webhooks.create({ userId: app.bob, input: { name: "Bob's" } });
    for (const query of ["", "&counted=1"]) {
      expect((await app.ask(`${replays}/new?deliver=all:${newId()}${query}`)).status).toBe(404);
    }
    for (const path of [replays, `${replays}/new`]) {
      expect((await app.ask(path, { as: app.bob })).status).toBe(404);
    }
    const path = `/source/${others.id}/replays/new?deliver=all:${app.target.id}`;
    expect((await app.ask(path, { as: app.bob })).status).toBe(404);
  });
});

test("an empty page says how to start, and an unusable file is reported", async () => {
  expect(await html(replays)).toContain("No replays yet");
  await app.files.closeAll();
  const file = join(app.eventFiles, `events-${app.webhook.id}.db`);
  rmSync(file, { force: true });
  mkdirSync(file);
  for (const path of [replays, `${replays}/new`, `${replays}/new?counted=1`]) {
    const page = await html(path, 503);
    expect(page).toContain("cannot be used");
  }
});
