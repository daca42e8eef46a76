/** Counts of a target's attempts by outcome, answer and duration. Those of several hours can be added up. */
import { bucketOf, DURATION_BUCKETS, readQuantile } from "./duration-buckets.ts";

/** Order in the stored bytes; append only. "none": no response came. */
const ANSWERS = ["none", "2xx", "3xx", "4xx", "5xx", "other"] as const;
const OUTCOMES = ["delivered", "failed", "gaveUp"] as const;
const FIRST_ANSWER = OUTCOMES.length;
const FIRST_DURATION = FIRST_ANSWER + ANSWERS.length;
const LENGTH = FIRST_DURATION + DURATION_BUCKETS;
/** More than a target gets in an hour; sums over a year stay exact. */
const LARGEST_COUNT = 2 ** 31 - 1;

/** Bytes of a place and the largest count. */
const LARGEST_PAIR = 6;
const scratch = new Uint8Array(LENGTH * LARGEST_PAIR);

export type AnswerClass = (typeof ANSWERS)[number];
export type AnswerCounts = Readonly<Record<AnswerClass, number>>;

export type Attempt = Readonly<{
  /** When it ended, milliseconds UTC. */
  at: number;
  durationMs: number;
  statusCode: number | null;
  /** Null if the event was delivered. */
  error: string | null;
  /** True if it was the delivery's last attempt and failed. */
  gaveUp: boolean;
}>;

export class AttemptCounts {
  readonly #counts = new Float64Array(LENGTH);

  add({ statusCode, error, durationMs, gaveUp }: Attempt): void {
    const isDelivered = error === null;
    this.#count(isDelivered ? 0 : 1);
    if (gaveUp) this.#count(2);
    // Some types of targets deliver without a status.
    if (statusCode !== null || !isDelivered) this.#count(FIRST_ANSWER + answerOf(statusCode));
    // The time until a timeout or a refused connection says nothing about how quickly the target answers.
    if (statusCode !== null || isDelivered) this.#count(FIRST_DURATION + bucketOf(durationMs));
  }

  addAll(other: AttemptCounts): void {
    for (let index = 0; index < LENGTH; index++) this.#counts[index] = this.#at(index) + other.#at(index);
  }

  get delivered(): number {
    return this.#at(0);
  }

  /** Failed attempts, whether the delivery was tried again or given up. */
  get failed(): number {
    return this.#at(1);
  }

  /** Deliveries that were given up. */
  get gaveUp(): number {
    return this.#at(2);
  }

  get answers(): AnswerCounts {
    const [none, ok, redirect, caller, server, other] = this.#counts.subarray(FIRST_ANSWER, FIRST_DURATION);
    return {
      none: none ?? 0,
      "2xx": ok ?? 0,
      "3xx": redirect ?? 0,
      "4xx": caller ?? 0,
      "5xx": server ?? 0,
      other: other ?? 0,
    };
  }

  /** Milliseconds within which a share `quantile` of the attempts was answered; null if none was. */
  durationAt(quantile: number): number | null {
    return readQuantile(this.#counts.subarray(FIRST_DURATION), quantile);
  }

  /** The counts that are not 0, each as its place and a number of seven bits a byte, the low ones first. */
  encode(): Uint8Array {
    let at = 0;
    for (let index = 0; index < LENGTH; index++) {
      let rest = this.#at(index);
      if (rest === 0) continue;
      scratch[at++] = index;
      for (; rest > 127; rest >>>= 7) scratch[at++] = (rest & 127) | 128;
      scratch[at++] = rest;
    }
    return scratch.slice(0, at);
  }

  /** Null for bytes that `encode` does not make of an hour's attempts. */
  static decode(bytes: Uint8Array): AttemptCounts | null {
    const read = new AttemptCounts();
    let last = -1;
    for (let at = 0; at < bytes.length; ) {
      const index = bytes[at++] ?? 0;
      if (index <= last || index >= LENGTH) return null;
      let count = 0;
      let unit = 1;
      let byte = 128;
      for (; byte > 127 && count <= LARGEST_COUNT; unit *= 128) {
        byte = bytes[at++] ?? 0;
        count += (byte % 128) * unit;
      }
      if (count === 0 || count > LARGEST_COUNT || byte === 0) return null;
      read.#counts[index] = count;
      last = index;
    }
    return read.#addUp() ? read : null;
  }

  /** Each attempt either got no response or has a duration. */
  #addUp(): boolean {
    let timed = 0;
    for (let index = FIRST_DURATION; index < LENGTH; index++) timed += this.#at(index);
    return this.gaveUp <= this.failed && this.delivered + this.failed === timed + this.#at(FIRST_ANSWER);
  }

  #at(index: number): number {
    return this.#counts[index] ?? 0;
  }

  #count(index: number): void {
    this.#counts[index] = this.#at(index) + 1;
  }
}

function answerOf(statusCode: number | null): number {
  if (statusCode === null) return 0;
  const hundreds = Math.floor(statusCode / 100);
  return hundreds >= 2 && hundreds <= 5 ? hundreds - 1 : ANSWERS.length - 1;
}
