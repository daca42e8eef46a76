/** A histogram as plain numbers: an observation takes nanoseconds, so every event can be observed. */

export class Buckets {
  /** Upper bounds in seconds, ascending; larger values go into one more bucket. */
  readonly bounds: readonly number[];
  /** Count per bucket, not cumulative; one more than `bounds`. */
  readonly counts: Float64Array;
  /** Sum of all observations, in seconds. */
  sum = 0;
  readonly #boundsMs: Float64Array;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
    this.#boundsMs = Float64Array.from(bounds, (bound) => bound * 1_000);
  }

  /** Counts negative times, which a clock that was set back produces, as 0. */
  observe(ms: number): void {
    const positive = Math.max(ms, 0);
    const bounds = this.#boundsMs;
    let index = 0;
    while (index < bounds.length && positive > (bounds[index] ?? 0)) index++;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += positive / 1_000;
  }
}
