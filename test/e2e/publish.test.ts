/** Published events through the executable: one for each key, signed for the libraries of receivers. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { z } from "zod";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(180_000);

let gateway: Gateway;
let receiver: Receiver;

beforeAll(async () => {
  [gateway, receiver] = await Promise.all([startGateway(), startReceiver()]);
});
afterAll(async () => {
  await gateway.remove();
  await receiver.close();
});

const created = z.object({ signing_secret: z.string() });

async function publish(webhookId: string, key: string, body: unknown): Promise<string> {
  const response = await fetch(`${gateway.origin}/api/v1/webhooks/${webhookId}/events`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${await gateway.api.key()}`,
      "content-type": "application/json",
      "idempotency-key": key,
    },
    body: JSON.stringify(body),
  });
  return `${response.status} ${await response.text()}`;
}

test("calls with one key at the same moment make one event, also after the gateway was killed", async () => {
  const { webhookId } = await gateway.api.setUpWebhook();
  const post = { method: "POST", path: `/webhooks/${webhookId}/targets` };
  const input = { name: "Customer", type: "http", config: { url: receiver.url } };
  const target = await gateway.api.request(post.method, post.path, input);
  const { signing_secret: secret } = created.parse(await target.json());

  const event = { type: "invoice.paid", data: { invoice: 1042 }, id: "msg_1042" };
  const answers = await Promise.all(Array.from({ length: 20 }, () => publish(webhookId, "once", event)));
  expect(new Set(answers).size).toBe(1);
  expect(answers[0]).toStartWith("202 ");

  const [request] = await receiver.waitFor(1);
  const body = Buffer.from(request?.body ?? []).toString();
  const headers = Object.fromEntries(
    ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => [
      name,
      request?.header(name) ?? "",
    ]),
  );
  expect(headers["webhook-id"]).toBe("msg_1042");
  new StandardWebhook(secret).verify(body, headers);
  new SvixWebhook(secret).verify(body, headers);
  expect(JSON.parse(body)).toMatchObject({ type: "invoice.paid", data: { invoice: 1042 } });

  gateway.signal("SIGKILL");
  await gateway.finished;
  await gateway.start();
  expect(await publish(webhookId, "once", event)).toBe(answers[0] ?? "");
  expect(await publish(webhookId, "once", { ...event, data: 2 })).toStartWith("409 ");
  expect(await gateway.api.listEvents(webhookId)).toHaveLength(1);
});
