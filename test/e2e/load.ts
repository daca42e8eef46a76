/** Sends numbered events continuously until the gateway goes away, and checks that none was lost. */
import type { EventSummary, WebhookSetup } from "../support/api-client.ts";
import type { Gateway } from "../support/gateway.ts";
import type { ReceivedRequest } from "../support/receiver.ts";

/** Bodies differ in size, so that write-ahead logs are checkpointed and torn at many points. */
const SIZES = [64, 900, 4_000, 30_000];

export type Acknowledged = Readonly<{ number: number; eventId: string; setup: WebhookSetup }>;

export class Load {
  /** Number of responses, including those to duplicates. */
  readonly acknowledged: Acknowledged[] = [];
  /** Numbers sent without a response: the gateway may have stored them or not. */
  unanswered = 0;
  readonly #waiting = new Set<{ count: number; resolve: () => void }>();
  readonly #copiesFor: (setup: WebhookSetup) => number;
  /** Numbers that the next run sends again, because nobody knows whether they were stored. */
  readonly #again: number[] = [];
  #next = 0;

  /** `copiesFor` says how many copies of each event a deduplicating webhook gets concurrently; one more follows. */
  constructor(copiesFor: (setup: WebhookSetup) => number = () => 0) {
    this.#copiesFor = copiesFor;
  }

  /** Resolves when every sender has found the gateway gone. */
  async run(options: { gateway: Gateway; setups: readonly WebhookSetup[]; senders: number }): Promise<void> {
    const { gateway, setups, senders } = options;
    await Promise.all(
      Array.from({ length: senders }, async () => {
        while (await this.#send(gateway, setups));
      }),
    );
  }

  /** Resolves once that many events have been acknowledged in total. */
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
        // A client that reuses connections repeats a request by itself if one was cut, which would store it twice.
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

/** Begins with the number, so that a receiver can detect a cut or mixed-up body. */
export function bodyOf(number: number): string {
  return `${number}:${"x".repeat(SIZES[number % SIZES.length] ?? 0)}`;
}

/** Returns faults: every acknowledged event must be stored once, complete, under the acknowledged id. */
export function listLosses(options: {
  acknowledged: readonly Acknowledged[];
  stored: readonly EventSummary[];
  /** Returns the fault of an event that is stored completely; null for none. */
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

/** Checks events that had to be delivered to all targets, one of which is the receiver. */
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
