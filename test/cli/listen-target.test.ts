/** The pull target that `webhooker listen` works for: what a run says of it before the first event. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createGatewayClient } from "../../src/cli/client/gateway-client.ts";
import { prepareTarget } from "../../src/cli/client/listen/listen-target.ts";
import { ADA_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.stop());

async function noteOf(chosen: { eventTypes?: readonly string[]; filter?: unknown } = {}) {
  const client = createGatewayClient({ url: api.server.url, apiKey: ADA_TOKEN });
  const { eventTypes, filter } = chosen;
  const wanted = { webhookId: api.webhook.id, target: undefined, name: "laptop", eventTypes, filter };
  return (await prepareTarget(client, wanted)).note;
}

test("a run without --types and --filter says which ones of an earlier run still hold", async () => {
  expect(await noteOf({ eventTypes: ["a.b", "c"], filter: { method: "PUT" } })).toContain("Created");
  expect(await noteOf()).toBe(
    "As set before, it gets only events of the types a.b, c that pass its filter. For all events, add --types '*' and --filter '{}'.",
  );
  expect(await noteOf({ filter: {} })).toBe(
    `The pull target "laptop" is changed. As set before, it gets only events of the types a.b, c. For all events, add --types '*'.`,
  );
  expect(await noteOf({ eventTypes: ["*"] })).toBe(`The pull target "laptop" is changed.`);
  expect(await noteOf()).toBeNull();
});
