/** PUT /config: what a file no longer says of a webhook is the default again, and how a plan names things. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { z } from "zod";
import { startTestApi, type TestApi } from "../../support/test-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const applied = z.object({
  changes: z.array(
    z.object({ kind: z.string(), fields: z.array(z.object({ field: z.string(), after: z.unknown() })) }),
  ),
});
const LOG = { log: { type: "log" } };

async function changedFields(webhook: object): Promise<unknown> {
  const document = { version: 1, webhooks: { shop: { targets: LOG, ...webhook } } };
  const { body } = await api.call("PUT", "/config", { json: { document } });
  const { changes } = applied.parse(body);
  const change = changes.find(({ kind }) => kind === "webhook");
  return (change?.fields ?? []).map(({ field, after }) => [field, after]);
}

test.each([
  ["retention_days", { retention_days: 9 }, "null"],
  ["notices", { notices: { target: "log" } }, "null"],
  ["indexed_fields", { indexed_fields: ["order=$.order"] }, "[]"],
])("the only setting, %s, is left out", async (field, webhook, standard) => {
  await changedFields(webhook);
  expect(await changedFields({})).toEqual([[field, standard]]);
  expect(await changedFields({})).toEqual([]);
});

test("a plan names the targets of notices by their keys, new ones too", async () => {
  const notices = (target: string) => ({ targets: { ...LOG, mail: { type: "log" } }, notices: { target } });
  expect(await changedFields(notices("mail"))).toEqual([
    ["notices", expect.stringContaining('"target":"shop/mail"')],
  ]);
  expect(await changedFields(notices("log"))).toEqual([["notices.target", '"shop/log"']]);
});

test("another type under the same key is refused with what to do", async () => {
  await changedFields({});
  const document = { version: 1, webhooks: { shop: { targets: { log: { type: "database" } } } } };
  const { status, text } = await api.call("PUT", "/config", { json: { document } });
  expect([status, text]).toEqual([
    422,
    expect.stringContaining("Use another key for a target of another type"),
  ]);
});
