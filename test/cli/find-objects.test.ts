/** Entrypoints, as people name them on the command line. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { findEntrypoint } from "../../src/cli/client/find-objects.ts";
import { createGatewayClient, type GatewayClient } from "../../src/cli/client/gateway-client.ts";
import { ADA_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

let api: TestApi;
let client: GatewayClient;
const ids = new Map<string, string>();
beforeAll(async () => {
  api = await startTestApi();
  client = createGatewayClient({ url: api.server.url, apiKey: ADA_TOKEN });
  const { webhooks, entrypoints } = api.useCases;
  const { userId } = api.of;
  for (const [webhook, external_id, ...names] of [
    ["Shop", "shop-1", "live", "EU/live"],
    ["Shop/EU", "shop-2", "test"],
    ["Twin", "twin-1", "one"],
    ["Twin", "twin-2", "one", "Pay/in"],
  ] as const) {
    const { id: webhookId } = await webhooks.create({ userId, input: { name: webhook, external_id } });
    for (const name of names) {
      const { id } = await entrypoints.create({ userId, webhookId, input: { name } });
      ids.set(`${external_id}/${name}`, id);
    }
  }
});
afterAll(() => api.stop());

test.each([
  ["live", "shop-1/live"],
  ["Shop/live", "shop-1/live"],
  ["Shop/EU/live", "shop-1/EU/live"],
  ["EU/live", "shop-1/EU/live"],
  ["Shop/EU/test", "shop-2/test"],
  ["ext:shop-1/EU/live", "shop-1/EU/live"],
  ["Pay/in", "twin-2/Pay/in"],
  ["ext:twin-2/one", "twin-2/one"],
])("the entrypoint %s is found, with slashes in names too", async (wanted, expected) => {
  const { id } = await findEntrypoint(client, wanted);
  expect<string | undefined>(id).toBe(ids.get(expected));
});

test.each([
  ["Twin/one", "2 entrypoints have the name Twin/one"],
  ["Shop/nope", "No such entrypoint: Shop/nope"],
])("the entrypoint %s is not guessed", async (wanted, message) => {
  await expect(findEntrypoint(client, wanted)).rejects.toThrow(message);
});
