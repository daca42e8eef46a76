import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createHmac } from "node:crypto";
import examples from "@octokit/webhooks-examples";
import { Gateway, startGateway } from "../support/gateway.ts";

setDefaultTimeout(60_000);

const SECRET = "the-secret-at-github";
const keyOf = (fill: number) => ({ SECRET_KEY: Buffer.alloc(32, fill).toString("base64") });
const [push = {}] = examples.find(({ name }) => name === "push")?.examples ?? [];
const BODY = JSON.stringify(push);

let gateway: Gateway;
let path: string;
let webhookId: string;
let entrypointId: string;

beforeAll(async () => {
  gateway = await startGateway({ env: keyOf(7) });
  ({ webhookId, entrypointId } = await gateway.api.setUpWebhook());
  path = `/webhooks/${webhookId}/entrypoints/${entrypointId}`;
});

afterAll(() => gateway.remove());

async function verifyBy(type: string, config: Record<string, unknown>): Promise<void> {
  const answer = await gateway.api.request("PATCH", path, { verification: { type, config } });
  expect([answer.status, await answer.text()]).toEqual([200, expect.not.stringContaining(SECRET)]);
}

async function send(signedWith: string | null, to = gateway): Promise<number> {
  const headers = new Headers({ "content-type": "application/json", "x-github-event": "push" });
  if (signedWith !== null) {
    const signature = createHmac("sha256", signedWith).update(BODY).digest("hex");
    headers.set("x-hub-signature-256", `sha256=${signature}`);
  }
  const answer = await fetch(to.entrypointUrl(entrypointId), { method: "POST", headers, body: BODY });
  return answer.status;
}

test("requests signed by GitHub are stored, over a restart too, and nothing else is; the log has the reason, and no secret", async () => {
  await verifyBy("github", { secret: SECRET });
  expect([await send(SECRET), await send("another"), await send(null)]).toEqual([200, 401, 401]);
  await gateway.waitForLog(/could not be verified.*Signature mismatch/);
  await gateway.restart();
  expect([await send(SECRET), await send("another")]).toEqual([200, 401]);
  expect(await gateway.api.listEvents(webhookId)).toHaveLength(2);
  expect(gateway.log).not.toContain(SECRET);
});

test("with another SECRET_KEY nothing is accepted, and senders are asked to retry", async () => {
  await gateway.stop();
  const other = new Gateway(gateway.folder, { env: keyOf(8) });
  await other.start();
  expect([await send(SECRET, other), await send(null, other)]).toEqual([503, 503]);
  await other.stop();
  await gateway.start();
  expect(await send(SECRET)).toBe(200);
});

test("a provider's challenge gets its response, and is not stored as an event", async () => {
  const before = (await gateway.api.listEvents(webhookId)).length;
  await verifyBy("microsoft-graph", { secret: SECRET });
  const url = `${gateway.entrypointUrl(entrypointId)}?validationToken=Validation%3A%20%3Cb%3E`;
  const asked = await fetch(url, { method: "POST" });
  expect([asked.status, asked.headers.get("content-type"), await asked.text()]).toEqual([
    200,
    "text/plain; charset=utf-8",
    "Validation: <b>",
  ]);
  await verifyBy("okta", { secret: SECRET });
  const headers = { "x-okta-verification-challenge": "a-challenge" };
  const answer = await fetch(gateway.entrypointUrl(entrypointId), { headers });
  expect(await answer.json()).toEqual({ verification: "a-challenge" });
  expect(await gateway.api.listEvents(webhookId)).toHaveLength(before);
});
