/** GET /config.schema.json: editors accept what the gateway takes, with placeholders, and mark what it refuses. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of files of configuration look like that
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { z } from "zod";
import { startTestApi, type TestApi } from "../../support/test-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

test("it is open, valid, and knows the config of each type of target and provider", async () => {
  const { status, body } = await api.call("GET", "/config.schema.json", { token: null });
  expect(status).toBe(200);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const check = ajv.compile(z.record(z.string(), z.unknown()).parse(body));
  const shop = (values: object) => ({ version: 1, webhooks: { shop: values } });
  const target = (values: object) => shop({ targets: { erp: { type: "http", ...values } } });
  const right = [
    { version: 1, webhooks: {} },
    {
      version: 1,
      portal_settings: { name: "Acme", colour: "#e11d48", logo: "${file:logo.txt}", origin: null },
      event_type_settings: { check: "types" },
      event_types: [
        { name: "invoice.paid", schema: { type: "object" }, example: [1] },
        { name: "ping", description: "${env:ABOUT}", schema: null },
      ],
      webhooks: {},
    },
    shop({ name: "${env:NAME}", retention_days: 3, notices: { target: "erp" } }),
    shop({ entrypoints: { in: { verification: { type: "github", config: { secret: "${env:S}" } } } } }),
    target({ config: { url: "${env:URL}", headers: { authorization: "Bearer ${file:token}" } } }),
    target({ config: { url: "https://a.example" }, signing: { secret: "${env:S}" }, filter: { type: "a" } }),
    shop({
      members: [
        { username: "ada", role: "viewer" },
        { team: "Support", role: "editor" },
      ],
    }),
  ];
  for (const document of right)
    expect([document, check(document), check.errors]).toEqual([document, true, null]);
  const wrong = [
    { webhooks: {} },
    { version: 1, webhooks: { Shop: {} } },
    shop({ colour: "red" }),
    shop({ retention_days: 0 }),
    shop({ entrypoints: { in: { verification: { type: "nobody" } } } }),
    target({ config: { url: "https://a.example", colour: "red" } }),
    target({ type: "ftp" }),
    shop({ members: [{ username: "ada", role: "boss" }] }),
    { version: 1, webhooks: {}, portal_settings: { colour: "red" } },
    { version: 1, webhooks: {}, portal_settings: { size: 1 } },
    { version: 1, webhooks: {}, event_type_settings: { check: "some" } },
    { version: 1, webhooks: {}, event_types: [{ description: "no name" }] },
    { version: 1, webhooks: {}, event_types: [{ name: "two words" }] },
  ];
  for (const document of wrong) expect([document, check(document)]).toEqual([document, false]);
});
