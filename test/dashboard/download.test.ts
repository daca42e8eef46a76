/** A webhook's page offers its file, without secrets, to its owner only. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";

let dashboard: TestDashboard;
let path: string;

beforeEach(async () => {
  dashboard = await startTestDashboard();
  const of = { userId: dashboard.carolId };
  const webhook = await dashboard.useCases.webhooks.create({ ...of, input: { name: "Shop" } });
  const config = { url: "https://bank.example/", headers: { authorization: "Bearer do-not-show" } };
  await dashboard.useCases.targets.create({
    ...of,
    webhookId: webhook.id,
    input: { name: "Bank", type: "http", config },
  });
  path = `/source/${webhook.id}`;
});

afterEach(() => dashboard.stop());

test("its page links to the file without htmx, which would show it as a page", async () => {
  const page = await (await dashboard.ask(path, { cookie: await dashboard.signIn("carol") })).text();
  expect(page).toContain(`href="${path}/download" hx-boost="false"`);
});

test("its owner gets it, with the configuration and without secrets", async () => {
  const answer = await dashboard.ask(`${path}/download`, { cookie: await dashboard.signIn("carol") });
  expect([answer.status, answer.headers.get("content-disposition")]).toEqual([
    200,
    `attachment; filename="shop-${new Date(dashboard.clock.now()).toISOString().slice(0, 10)}.db"`,
  ]);
  const copy = join(dashboard.config.dataDir, "..", "download.db");
  writeFileSync(copy, new Uint8Array(await answer.arrayBuffer()));
  const db = new Database(copy, { readonly: true });
  const row = db.query<{ document: string }, []>("SELECT document FROM webhook_export").get();
  db.close();
  expect(row?.document).toContain("https://bank.example/");
  expect(row?.document).not.toContain("v1.");
});

test("other users get 404", async () => {
  const answer = await dashboard.ask(`${path}/download`, { cookie: await dashboard.signIn("root") });
  expect(answer.status).toBe(404);
  expect((await dashboard.ask(`${path}/download`)).status).toBe(303);
});
