/**
 * Results that the gateway does not have yet. Each is remembered until it was taken, so that a delivery that is handed
 * out again with the same number of attempts is answered without being made again.
 */
import type { Answer, PulledDelivery, Result } from "./pulled.ts";

const MOST_AT_ONCE = 64;
/** Bytes of one request; the gateway takes 1 MiB. */
const MOST_BYTES = 700_000;
/** Answers that are remembered after their lease had ended. */
const MOST_REMEMBERED = 1_000;

type Entry = Readonly<{ key: string; result: Result }>;

export class Results {
  #waiting: Entry[] = [];
  /** By event and attempt, the oldest first. */
  readonly #remembered = new Map<string, Answer>();

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** The answer that was given before, and that the gateway did not take; undefined where there is none. */
  find(delivery: PulledDelivery): Answer | undefined {
    return this.#remembered.get(keyOf(delivery));
  }

  add(delivery: PulledDelivery, answer: Answer): void {
    const key = keyOf(delivery);
    this.#waiting.push({ key, result: { lease_id: delivery.lease_id, ...answer } });
    if ("released" in answer) return;
    this.#remembered.delete(key);
    this.#remembered.set(key, answer);
    if (this.#remembered.size <= MOST_REMEMBERED) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }

  /** As many as go into one request. Give them back, or tell which were taken. */
  take(): readonly Entry[] {
    let bytes = 0;
    let count = 0;
    for (const { result } of this.#waiting) {
      bytes += "body_base64" in result ? result.body_base64.length + 2_000 : 2_000;
      if (count === MOST_AT_ONCE || (count > 0 && bytes > MOST_BYTES)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  giveBack(entries: readonly Entry[]): void {
    this.#waiting.unshift(...entries);
  }

  taken(entries: readonly Entry[], unknownLeases: readonly string[]): void {
    const unknown = new Set(unknownLeases);
    for (const { key, result } of entries) if (!unknown.has(result.lease_id)) this.#remembered.delete(key);
  }
}

function keyOf({ event_id, attempt }: PulledDelivery): string {
  return `${event_id} ${attempt}`;
}
