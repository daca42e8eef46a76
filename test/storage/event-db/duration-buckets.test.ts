/** Percentiles read from fixed buckets are close to those of the durations themselves. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  bucketOf,
  DURATION_BUCKETS,
  readQuantile,
  startOfBucket,
} from "../../../src/storage/event-db/numbers/duration-buckets.ts";

/** Longer ones share the last bucket. */
const LONGEST = startOfBucket(DURATION_BUCKETS) - 1;

function countInBuckets(durations: readonly number[]): Float64Array {
  const counts = new Float64Array(DURATION_BUCKETS);
  for (const ms of durations) counts[bucketOf(ms)] = (counts[bucketOf(ms)] ?? 0) + 1;
  return counts;
}

test("each duration is in the one bucket that begins before it and ends after it", () => {
  for (let bucket = 0; bucket < DURATION_BUCKETS; bucket++) {
    const start = startOfBucket(bucket);
    const next = startOfBucket(bucket + 1);
    expect([bucket, bucketOf(start), bucketOf(next - 1)]).toEqual([bucket, bucket, bucket]);
    expect(next - start).toBeLessThanOrEqual(Math.max(1, start / 8));
  }
});

test("durations outside the buckets are in the first and in the last one", () => {
  expect([-5, 0].map(bucketOf)).toEqual([0, 0]);
  const last = DURATION_BUCKETS - 1;
  expect([LONGEST + 1, 2 ** 31, Number.MAX_SAFE_INTEGER].map(bucketOf)).toEqual([last, last, last]);
});

test("a percentile is at most an eighth away from that of the durations", () => {
  const duration = fc.oneof(fc.nat(40), fc.nat(3_000), fc.nat(LONGEST));
  fc.assert(
    fc.property(
      fc.array(duration, { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.5, 0.95, 0.99),
      (durations, quantile) => {
        const sorted = durations.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(quantile * sorted.length) - 1] ?? 0;
        const read = readQuantile(countInBuckets(durations), quantile) ?? Number.NaN;
        expect(Math.abs(read - exact)).toBeLessThanOrEqual(exact / 8);
      },
    ),
  );
});

test("short durations are read exactly, and there is no percentile of none", () => {
  expect(readQuantile(countInBuckets([3, 4, 4, 15]), 0.5)).toBe(4);
  expect(readQuantile(countInBuckets([3, 4, 4, 15]), 0.99)).toBe(15);
  expect(readQuantile(countInBuckets([]), 0.5)).toBeNull();
});
