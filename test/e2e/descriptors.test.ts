import { expect, setDefaultTimeout, test } from "bun:test";
import type { Flow } from "../support/api-client.ts";
import { startGateway } from "../support/gateway.ts";
import { startReceiver } from "../support/receiver.ts";

// Starts processes; only a machine that hangs takes this long.
setDefaultTimeout(120_000);

const DESCRIPTORS = 256;
const WEBHOOKS = 300;
const EVENTS_PER_WEBHOOK = 2;
const SENDERS = 32;

/** Works the list off, so many at once; what `work` refuses to take comes again after the others. */
async function inTurn<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<boolean>) {
  const waiting = [...items];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
        if (!(await work(item))) waiting.push(item);
      }
    }),
  );
}

test(`with ${DESCRIPTORS} descriptors, events for ${WEBHOOKS} webhooks are taken or put off with 503, and none is lost`, async () => {
  const arrived = new Set<string>();
  const acknowledged = new Map<string, string[]>();
  const allArrived = Promise.withResolvers<void>();
  function resolveIfAll(): void {
    const eventIds = [...acknowledged.values()].flat();
    if (eventIds.length < WEBHOOKS * EVENTS_PER_WEBHOOK) return;
    if (eventIds.every((eventId) => arrived.has(eventId))) allArrived.resolve();
  }
  const receiver = await startReceiver({
    script(request) {
      arrived.add(request.header("x-webhooker-event-id") ?? "");
      resolveIfAll();
      return {};
    },
  });
  await using gateway = await startGateway({ before: `ulimit -n ${DESCRIPTORS}` });
  const flows: Flow[] = [];
  await inTurn(
    Array.from({ length: WEBHOOKS }, (_, index) => index),
    4,
    async () => {
      flows.push(await gateway.api.createFlow([{ type: "http", config: { url: receiver.url } }]));
      return true;
    },
  );

  // Webhook after webhook, so that every event meets a file that was closed to make room for others.
  const events = Array.from({ length: EVENTS_PER_WEBHOOK }, () => flows).flat();
  await inTurn(events, SENDERS, async ({ webhookId, entrypointId }) => {
    const answer = await fetch(gateway.entrypointUrl(entrypointId), { method: "POST", body: webhookId });
    await answer.arrayBuffer();
    if (answer.status === 503) return false;
    expect(answer.status).toBe(200);
    const eventId = answer.headers.get("x-webhooker-event-id") ?? "";
    acknowledged.set(webhookId, [...(acknowledged.get(webhookId) ?? []), eventId]);
    return true;
  });
  resolveIfAll();
  await allArrived.promise;
  await gateway.restart();

  for (const { webhookId } of flows) {
    const eventIds = acknowledged.get(webhookId) ?? [];
    expect(eventIds).toHaveLength(EVENTS_PER_WEBHOOK);
    // What was refused may be stored as well, if the descriptors ran out after its commit.
    const stored = await gateway.api.waitUntilSettled(webhookId);
    const delivered = stored.filter(({ delivery_counts }) => delivery_counts.delivered === 1);
    expect(delivered.map(({ id }) => id)).toEqual(expect.arrayContaining(eventIds));
  }
  await receiver.close();
});
