/** Numbered events sent without a pause until the gateway goes away, and the check that none of them was lost. */
import { expect } from "bun:test";
import type { EventSummary, Flow } from "../support/api-client.ts";
import type { Gateway } from "../support/gateway.ts";
import type { ReceivedRequest } from "../support/receiver.ts";

/** Bodies differ in size, so that logs are checkpointed and torn in many places. */
const SIZES = [64, 900, 4_000, 30_000];

type Acknowledged = Readonly<{ number: number; eventId: string; flow: Flow }>;

export class Load {
  readonly acknowledged: Acknowledged[] = [];
  /** Sent, and answered by nothing: the gateway may have stored them or not. */
  unanswered = 0;
  readonly #waiting = new Set<{ count: number; resolve: () => void }>();
  #next = 0;

  /** Ends when every sender has found the gateway gone. */
  async run(options: { gateway: Gateway; flows: readonly Flow[]; senders: number }): Promise<void> {
    const { gateway, flows, senders } = options;
    await Promise.all(
      Array.from({ length: senders }, async () => {
        while (await this.#send(gateway, flows));
      }),
    );
  }

  /** Resolves once so many events have been acknowledged in all. */
  async waitFor(count: number): Promise<void> {
    if (this.acknowledged.length >= count) return;
    await new Promise<void>((resolve) => this.#waiting.add({ count, resolve }));
  }

  async #send(gateway: Gateway, flows: readonly Flow[]): Promise<boolean> {
    const number = this.#next++;
    const flow = flows[number % flows.length];
    if (!flow) throw new Error("there is no webhook to send to");
    let answer: Response;
    try {
      answer = await fetch(`${gateway.entrypointUrl(flow.entrypointId)}/${number}`, {
        method: "POST",
        body: bodyOf(number),
        // A client that reuses connections sends again by itself where one was cut, which would store twice.
        keepalive: false,
      });
      await answer.arrayBuffer();
    } catch {
      this.unanswered++;
      return false;
    }
    if (answer.status === 200) {
      this.acknowledged.push({ number, eventId: answer.headers.get("x-webhooker-event-id") ?? "", flow });
      for (const waiter of this.#waiting) if (this.acknowledged.length >= waiter.count) waiter.resolve();
    }
    return true;
  }
}

function bodyOf(number: number): string {
  return `${number}:${"x".repeat(SIZES[number % SIZES.length] ?? 0)}`;
}

/** Every acknowledged event is stored once, whole, and was delivered to every target, as API and receiver tell. */
export async function expectNothingLost(options: {
  gateway: Gateway;
  load: Load;
  flows: readonly Flow[];
  received: readonly ReceivedRequest[];
}): Promise<void> {
  const { gateway, load, flows, received } = options;
  const stored = new Map<string, EventSummary[]>();
  for (const { webhookId } of flows) {
    for (const event of await gateway.api.waitUntilSettled(webhookId)) {
      const number = event.path_tail.slice(1);
      stored.set(number, [...(stored.get(number) ?? []), event]);
    }
  }
  const arrivals = new Map(received.map((request) => [request.header("x-webhooker-event-id"), request]));
  const faults: string[] = [];
  for (const { number, eventId, flow } of load.acknowledged) {
    const events = stored.get(String(number)) ?? [];
    if (events.length !== 1) faults.push(`${number} is stored ${events.length} times`);
    const [event] = events;
    if (event?.id !== eventId) faults.push(`${number} is stored under another id than was answered`);
    if (event?.body_size !== bodyOf(number).length) faults.push(`${number} is cut short`);
    if (event?.delivery_counts.delivered !== flow.targetIds.length) {
      faults.push(`${number} is not delivered: ${JSON.stringify(event?.delivery_counts)}`);
    }
    const body = Buffer.from(arrivals.get(eventId)?.body ?? []).toString();
    if (body !== bodyOf(number)) faults.push(`${number} has not arrived`);
  }
  expect(faults).toEqual([]);
}
