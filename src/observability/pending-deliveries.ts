/** How many deliveries are pending, and since when the oldest: what storage and delivery say in passing. */

/** Failed deliveries whose age is known; with more of them the oldest are among these, as they came first. */
const MOST_KNOWN = 10_000;

export class PendingDeliveries {
  #total = 0;
  #known = 0;
  readonly #counts = new Map<string, number>();
  /** By webhook, then by event and target: when the event was received. */
  readonly #waiting = new Map<string, Map<string, number>>();

  get total(): number {
    return this.#total;
  }

  /** What the webhook's file says; 0 for a deleted one. */
  setCount(webhookId: string, count: number): void {
    this.#total += count - (this.#counts.get(webhookId) ?? 0);
    if (count > 0) this.#counts.set(webhookId, count);
    else this.#counts.delete(webhookId);
    if (this.#waiting.size > 0) this.#dropBeyond(webhookId, count);
  }

  /** An attempt failed, and another will follow. */
  waits(webhookId: string, delivery: { eventId: string; targetId: string; receivedAt: number }): void {
    if (this.#known >= MOST_KNOWN) return;
    let waiting = this.#waiting.get(webhookId);
    if (!waiting) {
      waiting = new Map();
      this.#waiting.set(webhookId, waiting);
    }
    const before = waiting.size;
    waiting.set(keyOf(delivery), delivery.receivedAt);
    this.#known += waiting.size - before;
  }

  ended(webhookId: string, delivery: { eventId: string; targetId: string }): void {
    this.#remove(webhookId, keyOf(delivery));
  }

  discarded(webhookId: string, targetId: string): void {
    for (const key of this.#waiting.get(webhookId)?.keys() ?? []) {
      if (key.endsWith(targetId)) this.#remove(webhookId, key);
    }
  }

  /** When the event of the oldest known one was received; null where none is known. */
  oldestReceivedAt(): number | null {
    let oldest: number | null = null;
    for (const waiting of this.#waiting.values()) {
      for (const receivedAt of waiting.values()) oldest = Math.min(oldest ?? receivedAt, receivedAt);
    }
    return oldest;
  }

  /** Ended without a word here, as by retention: those that came first are the likeliest. */
  #dropBeyond(webhookId: string, count: number): void {
    const waiting = this.#waiting.get(webhookId);
    if (!waiting || waiting.size <= count) return;
    for (const key of [...waiting.keys()].slice(0, waiting.size - count)) this.#remove(webhookId, key);
  }

  #remove(webhookId: string, key: string): void {
    const waiting = this.#waiting.get(webhookId);
    if (!waiting?.delete(key)) return;
    this.#known--;
    if (waiting.size === 0) this.#waiting.delete(webhookId);
  }
}

function keyOf({ eventId, targetId }: { eventId: string; targetId: string }): string {
  return `${eventId} ${targetId}`;
}
