/** Two people edit the same thing: the later one is asked before the change of the earlier one is undone. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";

let dashboard: TestDashboard;
let carol: string;
let of: { userId: string; webhookId: string };
let entrypointId: string;
let targetId: string;

beforeAll(async () => {
  dashboard = await startTestDashboard();
  carol = await dashboard.signIn("carol");
  const { webhooks, entrypoints, targets } = dashboard.useCases;
  const userId = dashboard.carolId;
  const { id: webhookId } = await webhooks.create({ userId, input: { name: "Shop" } });
  of = { userId, webhookId };
  ({ id: entrypointId } = await entrypoints.create({
    ...of,
    input: { name: "Web", verification: { type: "github", config: { secret: "a-secret" } } },
  }));
  const config = { url: "https://erp.example" };
  ({ id: targetId } = await targets.create({ ...of, input: { name: "ERP", type: "http", config } }));
});
afterAll(() => dashboard.stop());

const hidden = (html: string) =>
  Object.fromEntries(
    [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(
      ([, name = "", value = ""]) => [name, value],
    ),
  );
const post = (path: string, form: Record<string, string>) => dashboard.ask(path, { cookie: carol, form });

const paths: [string, () => string, Record<string, string>][] = [
  ["a webhook", () => "/edit", { name: "Shop 2" }],
  ["notices", () => "/notices", { target_id: "", email: "" }],
  ["an entrypoint", () => `/entrypoints/${entrypointId}/edit`, { name: "Web 2" }],
  [
    "a verification",
    () => `/entrypoints/${entrypointId}/verification`,
    { type: "github", secret: "b-secret" },
  ],
  ["a target", () => `/targets/${targetId}/edit`, { name: "ERP 2", url: "https://erp.example" }],
];

test.each(paths)(
  "the form of %s that was opened before a change is asked about, once",
  async (_, end, typed) => {
    const path = `/source/${of.webhookId}${end()}`;
    const { seen } = hidden(await (await dashboard.ask(path, { cookie: carol })).text());
    expect(seen).toMatch(/^\d+$/);
    const form = { ...typed, seen: seen ?? "" };
    dashboard.clock.advance(1_000);
    expect((await post(path, form)).status).toBe(303);
    const asked = await post(path, form);
    const html = await asked.text();
    expect([asked.status, html.includes("Save over a newer change of ")]).toEqual([200, true]);
    const again = hidden(html);
    expect(again).toMatchObject(typed);
    dashboard.clock.advance(1_000);
    expect((await post(path, again)).status).toBe(303);
  },
);

test("a form that comes back with its faults is as old as before", async () => {
  const path = `/source/${of.webhookId}/edit`;
  await dashboard.useCases.webhooks.update({ ...of, input: { name: "Newer" } });
  const { updatedAt } = await dashboard.useCases.webhooks.get(of);
  const faulty = await post(path, { name: "", seen: String(updatedAt) });
  expect([faulty.status, hidden(await faulty.text()).seen]).toEqual([422, String(updatedAt)]);
  dashboard.clock.advance(1_000);
  await dashboard.useCases.webhooks.update({ ...of, input: { name: "Newest" } });
  expect((await post(path, { name: "Mine", seen: String(updatedAt) })).status).toBe(200);
  expect((await dashboard.useCases.webhooks.get(of)).name).toBe("Newest");
});
