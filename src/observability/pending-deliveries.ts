/** Tracks how many deliveries are pending and the age of the oldest, from what storage and delivery report. */

/**
 * Maximum number of failed deliveries with known age. If there are more, the oldest are among these, as they came
 * first.
 */
const MOST_KNOWN = 10_000;

export class PendingDeliveries {
  #total = 0;
  #known = 0;
  readonly #counts = new Map<string, number>();
  /** Time of receipt, by webhook, then by event and target. */
  readonly #waiting = new Map<string, Map<string, number>>();

  get total(): number {
    return this.#total;
  }

  /** Sets the count from the webhook's file; 0 for a deleted webhook. */
  setCount(webhookId: string, count: number): void {
    this.#total += count - (this.#counts.get(webhookId) ?? 0);
    if (count > 0) this.#counts.set(webhookId, count);
    else this.#counts.delete(webhookId);
    if (this.#waiting.size > 0) this.#dropBeyond(webhookId, count);
  }

  /** Records an attempt that failed and will be retried. */
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

  /** Returns when the event of the oldest known delivery was received; null if none is known. */
  oldestReceivedAt(): number | null {
    let oldest: number | null = null;
    for (const waiting of this.#waiting.values()) {
      for (const receivedAt of waiting.values()) oldest = Math.min(oldest ?? receivedAt, receivedAt);
    }
    return oldest;
  }

  /** Drops deliveries that ended without a report here, as by retention: the oldest are the most likely. */
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
