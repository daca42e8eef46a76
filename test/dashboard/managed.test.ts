/** Objects that a file of configuration manages are marked on every page, and changed by hand only after a question. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";

let dashboard: TestDashboard;
let carol: string;
let webhookId: string;
let entrypointId: string;
let targetId: string;

const document = {
  version: 1,
  portal_settings: { name: "Acme" },
  event_type_settings: { check: "types" },
  event_types: [{ name: "order.paid" }],
  webhooks: {
    shop: {
      name: "Shop",
      entrypoints: { orders: { name: "Orders" } },
      targets: { erp: { name: "ERP", type: "http", config: { url: "https://erp.example" } } },
    },
  },
};

const apply = () =>
  dashboard.useCases.applyConfig({
    userId: dashboard.carolId,
    document,
    dryRun: false,
    prune: false,
    expectedRevision: null,
    requireMembers: () => undefined,
  });

beforeAll(async () => {
  dashboard = await startTestDashboard();
  carol = await dashboard.signIn("carol");
  const { useCases } = dashboard;
  const userId = dashboard.carolId;
  await apply();
  webhookId = (await useCases.webhooks.list({ userId }))[0]?.id ?? "";
  entrypointId = (await useCases.entrypoints.list({ userId, webhookId }))[0]?.id ?? "";
  targetId = (await useCases.targets.list({ userId, webhookId }))[0]?.id ?? "";
});
afterAll(() => dashboard.stop());

const page = async (path: string) => (await dashboard.ask(path, { cookie: carol })).text();
const post = (path: string, form: Record<string, string>) => dashboard.ask(path, { cookie: carol, form });
const revision = async () =>
  (await dashboard.useCases.exportConfig({ userId: dashboard.carolId, webhookId: null })).revision;
const base = () => `/source/${webhookId}`;

test("pages mark it, and forms say what becomes of a change", async () => {
  for (const path of ["/sources", base(), `${base()}/targets/${targetId}`]) {
    expect([path, (await page(path)).includes("Managed by a file, as ")]).toEqual([path, true]);
  }
  expect((await page(base())).match(/Managed by a file, as /g)).toHaveLength(3);
  const forms = ["/edit", "/notices", `/entrypoints/${entrypointId}/edit`, `/targets/${targetId}/edit`];
  for (const path of forms) {
    expect([path, (await page(base() + path)).includes("The next webhooker apply undoes")]).toEqual([
      path,
      true,
    ]);
  }
});

describe("a form that changes it", () => {
  test("is asked about, with all that was typed, and goes on once the answer is yes", async () => {
    const typed = { name: "Shop <b>&", retention_days: "5", external_id: "", indexed_fields: "a=$.a\nb=$.b" };
    const asked = await post(`${base()}/edit`, typed);
    const html = await asked.text();
    expect([asked.status, html.includes("Change “Shop” by hand?")]).toEqual([200, true]);
    const fields = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
    const plain = (text: string) =>
      text
        .replace(/&quot;/g, '"')
        .replace(/&lt;/g, "<")
        .replace(/&gt;/g, ">")
        .replace(/&amp;/g, "&");
    const again = Object.fromEntries(fields.map(([, name = "", value = ""]) => [name, plain(value)]));
    expect(again).toMatchObject(typed);
    const { webhooks } = dashboard.useCases;
    const of = { userId: dashboard.carolId, webhookId };
    expect((await webhooks.get(of)).name).toBe("Shop");
    expect((await post(`${base()}/edit`, again)).status).toBe(303);
    expect(await webhooks.get(of)).toMatchObject({
      name: "Shop <b>&",
      managedBy: "file",
      settings: { retention_days: 5, indexed_fields: ["a=$.a", "b=$.b"] },
    });
  });

  test("is every one of them, and none changes anything before", async () => {
    const paths = [
      ...["/notices", "/delete"],
      ...["/edit", "/toggle", "/delete", "/verification"].map(
        (path) => `/entrypoints/${entrypointId}${path}`,
      ),
      ...["/edit", "/toggle", "/delete", "/signing/rotate"].map((path) => `/targets/${targetId}${path}`),
    ];
    const before = await revision();
    for (const path of paths) {
      const answer = await post(base() + path, {
        name: "x",
        confirmed: "yes",
        active: "false",
        type: "none",
      });
      expect([path, answer.status, (await answer.text()).includes("Change it by hand")]).toEqual([
        path,
        200,
        true,
      ]);
    }
    expect(await revision()).toBe(before);
  });

  test("is not asked about once it is no longer managed, and an apply finds it again by its keys", async () => {
    expect(await page(`${base()}/edit`)).toContain("Stop managing");
    expect((await post(`${base()}/unmanage`, {})).status).toBe(303);
    expect(await page(base())).not.toContain("Managed by a file");
    expect((await post(`${base()}/targets/${targetId}/toggle`, { active: "false" })).status).toBe(303);
    const { changes } = await apply();
    expect(changes.map(({ action, id, adopts }) => [action, id, adopts])).toEqual([
      ["update", webhookId, true],
      ["update", entrypointId, true],
      ["update", targetId, true],
    ]);
    expect(await page(base())).toContain("Managed by a file");
  });

  test("is not asked about for a trial, or for what people made", async () => {
    const trial = await post(`${base()}/targets/${targetId}/edit`, { try: "filter", name: "ERP" });
    expect(await trial.text()).not.toContain("Change it by hand");
    const target = await dashboard.useCases.targets.create({
      userId: dashboard.carolId,
      webhookId,
      input: { name: "By hand", type: "log" },
    });
    expect((await post(`${base()}/targets/${target.id}/toggle`, { active: "false" })).status).toBe(303);
  });
});

describe("the catalogue of event types", () => {
  const types = () => dashboard.useCases.eventTypes.list({ userId: dashboard.carolId });
  const typePath = async () => `/event-types/${(await types())[0]?.id}`;

  test("is marked, and asked about before it is changed", async () => {
    await apply();
    const list = await page("/event-types");
    expect(list).toContain("Managed by a file, as order.paid");
    expect(list).toContain("A file manages this setting.");
    expect(await page(await typePath())).toContain("A file manages this event type, as order.paid.");
    const before = await revision();
    for (const [path, form] of [
      [await typePath(), { name: "order.sent" }],
      [`${await typePath()}/delete`, { confirmed: "yes" }],
      ["/event-types/settings", { check: "off" }],
    ] as const) {
      const html = await (await post(path, form)).text();
      expect([path, html.includes("by hand?"), html.includes('href="/event-types"')]).toEqual([
        path,
        true,
        true,
      ]);
    }
    expect(await revision()).toBe(before);
    await post("/event-types/settings", { check: "off", by_hand: "yes" });
    await post(await typePath(), { name: "order.sent", by_hand: "yes" });
    expect((await types()).map(({ name }) => name)).toEqual(["order.sent"]);
    expect((await dashboard.useCases.eventTypes.settingsOf(dashboard.carolId)).check).toBe("off");
  });

  test("is not asked about once it is no longer managed", async () => {
    expect((await post("/event-types/unmanage", {})).status).toBe(303);
    const list = await page("/event-types");
    expect([list.includes("Managed by a file"), list.includes("Stop managing")]).toEqual([false, false]);
    expect((await post(await typePath(), { name: "order.gone" })).status).toBe(303);
  });
});

describe("the look of portals", () => {
  const look = () => dashboard.useCases.portals.settingsOf(dashboard.carolId);

  async function save(fields: Record<string, string>) {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    const answer = await fetch(`${dashboard.server.url}${base()}/portal`, {
      method: "POST",
      headers: { cookie: carol, accept: "text/html", "sec-fetch-site": "same-origin" },
      redirect: "manual",
      body,
    });
    return { status: answer.status, html: await answer.text() };
  }

  test("is marked, and changed by hand only by who says so in its form", async () => {
    await apply();
    expect(await page(`${base()}/portal`)).toContain("A file manages this look.");
    const refused = await save({ name: "By hand" });
    expect([refused.status, refused.html.includes("Must be ticked"), look().name]).toEqual([
      422,
      true,
      "Acme",
    ]);
    expect((await save({ name: "By hand", by_hand: "true" })).status).toBe(303);
    expect(look()).toMatchObject({ name: "By hand", managedBy: "file" });
  });

  test("is not asked about once it is no longer managed", async () => {
    expect((await post(`${base()}/portal/unmanage`, {})).status).toBe(303);
    expect(await page(`${base()}/portal`)).not.toContain("A file manages");
    expect((await save({ name: "Again" })).status).toBe(303);
    expect(look()).toMatchObject({ name: "Again", managedBy: null });
  });
});
