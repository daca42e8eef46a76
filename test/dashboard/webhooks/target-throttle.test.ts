/** Pausing targets, their held deliveries and their circuits, as their webhook's page shows and controls them. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { NO_DELIVERIES } from "../../support/fake-overviews.ts";
import { NOTHING_HELD } from "../../support/throttle.ts";
import { type SourcePages, startSourcePages } from "../../support/webhook-pages.ts";

let all: SourcePages;

beforeEach(async () => {
  all = await startSourcePages();
});
afterEach(() => all.stop());

async function rowOf(name: string): Promise<string> {
  const { html } = await all.pages.get(all.paths.webhook);
  const from = html.indexOf(`>${name}</a></h3>`);
  return html.slice(from, html.indexOf("</li>", from));
}

const isPaused = async () =>
  (await all.useCases.targets.get({ ...all.of, targetId: all.target.id })).pausedAt !== null;

function hold(held: number): void {
  const counts = { ...NO_DELIVERIES, held };
  all.files.set(all.webhook.id, { targets: { [all.target.id]: { counts, filtered: 0, lastResult: null } } });
  all.throttles.set(all.target.id, { ...NOTHING_HELD, held });
}

test("a target is paused and resumed, and a button pressed twice does no harm", async () => {
  for (const each of [1, 2]) {
    const { flash } = await all.pages.post(`${all.paths.target}/pause`);
    expect([each, flash]).toEqual([each, expect.stringContaining("are on hold, new ones too")]);
    expect(await isPaused()).toBe(true);
  }
  expect(await rowOf("Warehouse")).toContain("Resume target Warehouse");
  for (const _ of [1, 2]) {
    expect((await all.pages.post(`${all.paths.target}/resume`)).flash).toContain(
      "new events right away, the backlog gradually",
    );
    expect(await isPaused()).toBe(false);
  }
  expect(await rowOf("Warehouse")).toContain("Pause target Warehouse");
});

test("a paused target shows how many deliveries it holds, and the possible actions", async () => {
  await all.pages.post(`${all.paths.target}/pause`);
  hold(1_200);
  const row = await rowOf("Warehouse");
  for (const text of [
    ">paused<",
    "1,200 deliveries",
    "Release all now",
    "View or replay elsewhere",
    "Discard…",
  ]) {
    expect(row).toContain(text);
  }
  expect(row).toContain(`status=held`);
  expect((await all.pages.post(`${all.paths.target}/release`)).status).toBe(303);
  expect([await isPaused(), all.throttleCalls]).toEqual([false, ["hurry"]]);
});

test("a drain shows how many are left and how long it takes", async () => {
  hold(300);
  const drain = { perSecond: 12, estimateMs: 125_000 };
  all.throttles.set(all.target.id, { ...NOTHING_HELD, held: 300, drain });
  const row = await rowOf("Warehouse");
  for (const text of [
    ">catching up<",
    "300 deliveries</strong> still on hold",
    "about 2 min 5 s left",
    "12 per second",
  ]) {
    expect(row).toContain(text);
  }
});

test("held deliveries are discarded after a page that shows their number, with the given reason", async () => {
  hold(3);
  const { html } = await all.pages.get(`${all.paths.target}/discard-held`);
  expect(html).toContain("3 held deliveries are discarded and not sent.");
  const { flash } = await all.pages.post(`${all.paths.target}/discard-held`, { reason: " sent by hand " });
  expect(flash).toBe("ok: 3 held deliveries were discarded for target “Warehouse”.");
  await all.pages.post(`${all.paths.target}/discard-held`, { reason: "" });
  expect(all.throttleCalls).toEqual(["discardHeld sent by hand", "discardHeld undefined"]);
});

test("an open circuit shows why, since when and when the next probe is, and can be closed", async () => {
  const now = all.clock.now();
  hold(0);
  all.throttles.set(all.target.id, {
    ...NOTHING_HELD,
    circuit: {
      state: "open",
      since: now - 60_000,
      reason: "10 consecutive attempts failed.",
      nextProbeAt: now + 9_000,
    },
    restsUntil: now + 1_000,
  });
  const row = await rowOf("Warehouse");
  for (const text of [
    ">circuit open<",
    "10 consecutive attempts failed.",
    "don't use up attempts",
    "Rate-limited by the target",
  ]) {
    expect(row).toContain(text);
  }
  expect(row).toContain("Next probe ");
  expect((await all.pages.post(`${all.paths.target}/reset-circuit`)).flash).toContain("is probed now");
  expect(all.throttleCalls).toEqual(["resetCircuit"]);
});

test("an open circuit promises no probe of a paused target, and no pace of held deliveries", async () => {
  hold(8);
  const circuit = { state: "open", since: null, reason: "It fails.", nextProbeAt: all.clock.now() } as const;
  const drain = { perSecond: 2, estimateMs: 4_000 };
  all.throttles.set(all.target.id, { ...NOTHING_HELD, circuit, held: 8, drain });
  const draining = await rowOf("Warehouse");
  expect(draining).toContain("; they continue once the target responds");
  expect(draining).not.toContain("per second now");
  await all.pages.post(`${all.paths.target}/pause`);
  all.throttles.set(all.target.id, { ...NOTHING_HELD, circuit, held: 8 });
  const paused = await rowOf("Warehouse");
  expect(paused).toContain("It will be probed again once you resume or enable it.");
  expect(paused).not.toContain("Next probe ");
});

test("a target whose settings were saved is attempted immediately", async () => {
  await all.pages.post(`${all.paths.target}/edit`, { name: "Warehouse", url: "https://new.example/in" });
  expect(all.throttleCalls).toEqual(["changed"]);
});

test("throttle settings are stored as typed, and cleared if they may be empty", async () => {
  const form = { name: "Warehouse", url: "https://warehouse.example/in" };
  const throttle = {
    rate_limit: "30",
    rate_period: "minute",
    max_concurrency: "2",
    order_by: "data.object.id",
  };
  await all.pages.post(`${all.paths.target}/edit`, { ...form, ...throttle, circuit_failures: "" });
  const of = { ...all.of, targetId: all.target.id };
  const changed = { rate_limit: 30, rate_period: "minute", max_concurrency: 2, order_by: "data.object.id" };
  expect((await all.useCases.targets.get(of)).policy).toMatchObject({ ...changed, circuit_failures: null });
  await all.pages.post(`${all.paths.target}/edit`, { ...form, rate_limit: "", order_by: "" });
  expect((await all.useCases.targets.get(of)).policy).toMatchObject({ rate_limit: null, order_by: null });
  const { status, html } = await all.pages.post(`${all.paths.target}/edit`, { ...form, order_by: "a..b" });
  expect([status, html.includes("or a path such as data.object.id")]).toEqual([422, true]);
});
