/** A histogram as plain numbers: observing costs some nanoseconds, so that every event can be observed. */

export class Buckets {
  /** Upper bounds in seconds, ascending; what is larger than the last falls into one more bucket. */
  readonly bounds: readonly number[];
  /** Per bucket, not cumulative; one more than `bounds`. */
  readonly counts: Float64Array;
  /** Of everything observed, in seconds. */
  sum = 0;
  readonly #boundsMs: Float64Array;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
    this.#boundsMs = Float64Array.from(bounds, (bound) => bound * 1_000);
  }

  /** A clock that was set back makes times below zero: they count as 0. */
  observe(ms: number): void {
    const positive = Math.max(ms, 0);
    const bounds = this.#boundsMs;
    let index = 0;
    while (index < bounds.length && positive > (bounds[index] ?? 0)) index++;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += positive / 1_000;
  }
}
