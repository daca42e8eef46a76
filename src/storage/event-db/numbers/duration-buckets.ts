/**
 * Fixed buckets of durations, each at most an eighth wider than where it begins: percentiles over any time can be read
 * from the sums of their counts.
 */

/** Buckets per doubling. Every millisecond below twice as many has a bucket of its own. */
const PER_DOUBLING = 8;
const PER_DOUBLING_BITS = 3;
const EXACT_BELOW = 2 * PER_DOUBLING;
/** The last bucket begins at 4 min 6 s and takes all longer durations too. */
export const DURATION_BUCKETS = 128;

/** The bucket of a duration in whole milliseconds; a negative one, which a clock that was set back makes, counts as 0. */
export function bucketOf(ms: number): number {
  if (ms < EXACT_BELOW) return Math.max(0, ms);
  const shift = 31 - Math.clz32(ms) - PER_DOUBLING_BITS;
  // `clz32` reads 32 bits.
  if (ms >= 2 ** 31) return DURATION_BUCKETS - 1;
  const bucket = EXACT_BELOW + (shift - 1) * PER_DOUBLING + (ms >> shift) - PER_DOUBLING;
  return Math.min(bucket, DURATION_BUCKETS - 1);
}

/** The shortest duration in a bucket. */
export function startOfBucket(bucket: number): number {
  if (bucket < EXACT_BELOW) return bucket;
  const shift = ((bucket - EXACT_BELOW) >> PER_DOUBLING_BITS) + 1;
  return (PER_DOUBLING + ((bucket - EXACT_BELOW) % PER_DOUBLING)) << shift;
}

/**
 * The duration in milliseconds that a share `quantile` of the counted ones does not exceed, as if those of a bucket were
 * spread evenly over it; null if none was counted.
 */
export function readQuantile(counts: ArrayLike<number>, quantile: number): number | null {
  let total = 0;
  for (let bucket = 0; bucket < DURATION_BUCKETS; bucket++) total += counts[bucket] ?? 0;
  const rank = quantile * total;
  let before = 0;
  for (let bucket = 0; bucket < DURATION_BUCKETS; bucket++) {
    const count = counts[bucket] ?? 0;
    if (count > 0 && before + count >= rank) {
      const start = startOfBucket(bucket);
      const last = startOfBucket(bucket + 1) - 1;
      return Math.round(start + (last - start) * ((rank - before) / count));
    }
    before += count;
  }
  return null;
}
