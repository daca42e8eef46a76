/** Numbered events sent without a pause until the gateway goes away, and the check that none of them was lost. */
import type { EventSummary, WebhookSetup } from "../support/api-client.ts";
import type { Gateway } from "../support/gateway.ts";
import type { ReceivedRequest } from "../support/receiver.ts";

/** Bodies differ in size, so that logs are checkpointed and torn in many places. */
const SIZES = [64, 900, 4_000, 30_000];

export type Acknowledged = Readonly<{ number: number; eventId: string; setup: WebhookSetup }>;

export class Load {
  /** Each answer: those to copies of an event too. */
  readonly acknowledged: Acknowledged[] = [];
  /** Sent, and answered by nothing: the gateway may have stored them or not. */
  unanswered = 0;
  readonly #waiting = new Set<{ count: number; resolve: () => void }>();
  readonly #copiesFor: (setup: WebhookSetup) => number;
  /** Numbers that are sent again in the next run, as nobody knows whether they were stored. */
  readonly #again: number[] = [];
  #next = 0;

  /** How often each event is sent at once to a webhook that looks for duplicates, and once more after that. */
  constructor(copiesFor: (setup: WebhookSetup) => number = () => 0) {
    this.#copiesFor = copiesFor;
  }

  /** Ends when every sender has found the gateway gone. */
  async run(options: { gateway: Gateway; setups: readonly WebhookSetup[]; senders: number }): Promise<void> {
    const { gateway, setups, senders } = options;
    await Promise.all(
      Array.from({ length: senders }, async () => {
        while (await this.#send(gateway, setups));
      }),
    );
  }

  /** Resolves once so many events have been acknowledged in all. */
  async waitFor(count: number): Promise<void> {
    if (this.acknowledged.length >= count) return;
    await new Promise<void>((resolve) => this.#waiting.add({ count, resolve }));
  }

  async #send(gateway: Gateway, setups: readonly WebhookSetup[]): Promise<boolean> {
    const number = this.#again.shift() ?? this.#next++;
    const setup = setups[number % setups.length];
    if (!setup) throw new Error("there is no webhook to send to");
    const copies = this.#copiesFor(setup);
    const post = () => this.#post(gateway, setup, number);
    const isAnswered =
      copies === 0
        ? await post()
        : (await Promise.all(Array.from({ length: copies }, post))).every(Boolean) && (await post());
    if (!isAnswered && copies > 0) this.#again.push(number);
    return isAnswered;
  }

  async #post(gateway: Gateway, setup: WebhookSetup, number: number): Promise<boolean> {
    let answer: Response;
    try {
      answer = await fetch(`${gateway.entrypointUrl(setup.entrypointId)}/${number}`, {
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
      this.acknowledged.push({ number, eventId: answer.headers.get("x-webhooker-event-id") ?? "", setup });
      for (const waiter of this.#waiting) if (this.acknowledged.length >= waiter.count) waiter.resolve();
    }
    return true;
  }
}

/** Begins with the number, so that a receiver can tell a body that was cut or mixed up. */
export function bodyOf(number: number): string {
  return `${number}:${"x".repeat(SIZES[number % SIZES.length] ?? 0)}`;
}

/** What is not as it should be: every acknowledged event is stored once, whole, under the id that was answered. */
export function listLosses(options: {
  acknowledged: readonly Acknowledged[];
  stored: readonly EventSummary[];
  /** What is wrong with an event that is stored whole; null for nothing. */
  faultOf: (event: EventSummary, sent: Acknowledged) => string | null;
}): string[] {
  const byNumber = Map.groupBy(options.stored, (event) => event.path_tail.slice(1));
  return options.acknowledged.flatMap((sent) => {
    const { number, eventId } = sent;
    const [event, ...more] = byNumber.get(String(number)) ?? [];
    if (!event) return [`${number} is not stored`];
    if (more.length > 0) return [`${number} is stored ${more.length + 1} times`];
    if (event.id !== eventId) return [`${number} is stored under another id than was answered`];
    if (event.body_size !== bodyOf(number).length) return [`${number} is cut short`];
    return options.faultOf(event, sent) ?? [];
  });
}

/** Of events that were to be delivered to all targets, one of them the receiver. */
export async function listUndelivered(options: {
  gateway: Gateway;
  load: Load;
  setups: readonly WebhookSetup[];
  received: readonly ReceivedRequest[];
}): Promise<string[]> {
  const { gateway, load, setups, received } = options;
  const stored: EventSummary[] = [];
  for (const { webhookId } of setups) stored.push(...(await gateway.api.waitUntilSettled(webhookId)));
  const arrivals = new Map(received.map((request) => [request.header("x-webhooker-event-id"), request]));
  return listLosses({
    acknowledged: load.acknowledged,
    stored,
    faultOf({ id, delivery_counts }, { number, setup }) {
      if (delivery_counts.delivered !== setup.targetIds.length) {
        return `${number} is not delivered: ${JSON.stringify(delivery_counts)}`;
      }
      const body = Buffer.from(arrivals.get(id)?.body ?? []).toString();
      return body === bodyOf(number) ? null : `${number} has not arrived`;
    },
  });
}
