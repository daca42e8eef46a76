import { expect, setDefaultTimeout, test } from "bun:test";
import definitions from "@octokit/webhooks-examples";
import { sign, verify } from "@octokit/webhooks-methods";
import { startGateway } from "../support/gateway.ts";
import { type Answer, type ReceivedRequest, startReceiver } from "../support/receiver.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

const SECRET = "the secret that GitHub and the receiver share";
const SENDERS = 16;

type Sample = Readonly<{ event: string; delivery: string; body: string }>;

const samples: Sample[] = definitions.flatMap(({ name, examples }) =>
  examples.map((example, index) => ({
    event: name,
    delivery: crypto.randomUUID(),
    // Both forms that senders use; the second has line feeds and spaces that must be preserved.
    body: index % 2 === 0 ? JSON.stringify(example) : `${JSON.stringify(example, null, 2)}\n`,
  })),
);

/** Refuses the first attempt of every 7th sample, and cuts the connection at the first attempt of every 11th. */
function answerFor(delivery: string, attempts: number): Answer {
  const index = samples.findIndex((sample) => sample.delivery === delivery);
  if (attempts > 1) return {};
  if (index % 7 === 0) return { status: 503 };
  return index % 11 === 0 ? { reset: true } : {};
}

test("every sample of GitHub's webhooks arrives byte for byte and verifiable, although the receiver fails some first", async () => {
  const arrived = new Map<string, ReceivedRequest>();
  const attempts = new Map<string, number>();
  const all = Promise.withResolvers<void>();
  const receiver = await startReceiver({
    script(request) {
      const delivery = request.header("x-github-delivery") ?? "none";
      attempts.set(delivery, (attempts.get(delivery) ?? 0) + 1);
      const answer = answerFor(delivery, attempts.get(delivery) ?? 0);
      if (answer.status === undefined && !answer.reset) arrived.set(delivery, request);
      if (arrived.size === samples.length) all.resolve();
      return answer;
    },
  });
  await using gateway = await startGateway();
  const { webhookId, entrypointId } = await gateway.api.setUpWebhook([
    { type: "http", config: { url: `${receiver.url}/from-github` } },
  ]);

  const eventIds = new Map<string, string>();
  const waiting = samples.values();
  await Promise.all(
    Array.from({ length: SENDERS }, async () => {
      for (const { event, delivery, body } of waiting) {
        const answer = await fetch(gateway.entrypointUrl(entrypointId), {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "user-agent": "GitHub-Hookshot/044aadd",
            "x-github-event": event,
            "x-github-delivery": delivery,
            "x-hub-signature-256": await sign(SECRET, body),
          },
          body,
        });
        expect(answer.status).toBe(200);
        const eventId = answer.headers.get("x-webhooker-event-id") ?? "";
        expect(await answer.json()).toEqual({ id: eventId });
        eventIds.set(delivery, eventId);
      }
    }),
  );
  await all.promise;

  for (const { event, delivery, body } of samples) {
    const request = arrived.get(delivery);
    expect(request?.method).toBe("POST");
    expect(request?.path).toBe("/from-github");
    expect(request?.header("x-github-event")).toBe(event);
    expect(request?.header("content-type")).toBe("application/json");
    expect(request?.header("user-agent")).toBe("GitHub-Hookshot/044aadd");
    expect(request?.header("x-webhooker-event-id")).toBe(eventIds.get(delivery));
    expect(request?.header("x-webhooker-webhook-id")).toBe(webhookId);
    // A reused connection that is cut is replaced within the same attempt.
    const expected = answerFor(delivery, 1).reset ? ["1", "2"] : [String(attempts.get(delivery))];
    expect(expected).toContain(request?.header("x-webhooker-attempt") ?? "none");
    const bytes = Buffer.from(request?.body ?? []);
    expect(bytes.equals(Buffer.from(body))).toBe(true);
    const signature = request?.header("x-hub-signature-256") ?? "";
    expect(await verify(SECRET, bytes.toString(), signature)).toBe(true);
  }

  const events = await gateway.api.waitUntilSettled(webhookId);
  expect(events).toHaveLength(samples.length);
  expect(events.every(({ delivery_counts }) => delivery_counts.delivered === 1)).toBe(true);
  const [failedFirst] = samples;
  const first = await gateway.api.getEvent(webhookId, eventIds.get(failedFirst?.delivery ?? "") ?? "");
  const results = first.deliveries[0]?.results ?? [];
  expect(results.map(({ status_code }) => status_code)).toEqual([503, 200]);

  await receiver.close();
});
