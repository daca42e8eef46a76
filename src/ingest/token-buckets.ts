/** Token buckets in memory, one per key, refilled over time. */

export type BucketRule = Readonly<{
  /** Tokens refilled per second. */
  perSecond: number;
  /** Capacity of a bucket; a new bucket is full. */
  burst: number;
}>;

type TokenBuckets = Readonly<{
  /** Returns 0 if the tokens were taken; otherwise the milliseconds until enough are available, and takes none. */
  take: (key: string, rule: BucketRule, tokens?: number) => number;
  /** Returns the milliseconds until one token is available; takes none. */
  wait: (key: string, rule: BucketRule) => number;
}>;

/** `monotonic` in milliseconds. Use a bounded set of keys: entries are never removed. */
export function createTokenBuckets({ monotonic }: { monotonic: () => number }): TokenBuckets {
  const buckets = new Map<string, { tokens: number; at: number }>();

  function refill(key: string, { perSecond, burst }: BucketRule): { tokens: number } {
    const now = monotonic();
    const bucket = buckets.get(key);
    if (bucket) {
      const returned = ((now - bucket.at) / 1_000) * perSecond;
      // A lowered limit applies at once.
      bucket.tokens = Math.min(burst, bucket.tokens + returned);
      bucket.at = now;
      return bucket;
    }
    const full = { tokens: burst, at: now };
    buckets.set(key, full);
    return full;
  }

  return {
    take(key, rule, tokens = 1) {
      const bucket = refill(key, rule);
      const waitMs = waitFor(bucket, rule, tokens);
      if (waitMs === 0) bucket.tokens -= tokens;
      return waitMs;
    },
    wait: (key, rule) => waitFor(refill(key, rule), rule, 1),
  };
}

function waitFor(bucket: { tokens: number }, { perSecond }: BucketRule, tokens: number): number {
  return bucket.tokens < tokens ? ((tokens - bucket.tokens) / perSecond) * 1_000 : 0;
}
