/** Token buckets in memory, one for each key: what is taken at once, and what comes back with time. */

export type BucketRule = Readonly<{
  /** Tokens that come back in a second. */
  perSecond: number;
  /** The most that a bucket holds; a new one is full. */
  burst: number;
}>;

export type TokenBuckets = Readonly<{
  /** 0 where they were taken; else the milliseconds until so many are there, and nothing was taken. */
  take: (key: string, rule: BucketRule, tokens?: number) => number;
  /** Milliseconds until there is a token; takes none. */
  wait: (key: string, rule: BucketRule) => number;
}>;

/** `monotonic` in milliseconds. Keep keys to what exists, as none is ever forgotten. */
export function createTokenBuckets({ monotonic }: { monotonic: () => number }): TokenBuckets {
  const buckets = new Map<string, { tokens: number; at: number }>();

  function refill(key: string, { perSecond, burst }: BucketRule): { tokens: number } {
    const now = monotonic();
    const bucket = buckets.get(key);
    if (bucket) {
      const returned = ((now - bucket.at) / 1_000) * perSecond;
      // A limit that was lowered holds at once.
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
