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
}>;

/** `monotonic` in milliseconds. Keep keys to what exists, as none is ever forgotten. */
export function createTokenBuckets({ monotonic }: { monotonic: () => number }): TokenBuckets {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(key, { perSecond, burst }, tokens = 1) {
      const now = monotonic();
      let bucket = buckets.get(key);
      if (bucket) {
        const returned = ((now - bucket.at) / 1_000) * perSecond;
        // A limit that was lowered holds at once.
        bucket.tokens = Math.min(burst, bucket.tokens + returned);
        bucket.at = now;
      } else {
        bucket = { tokens: burst, at: now };
        buckets.set(key, bucket);
      }
      if (bucket.tokens < tokens) return ((tokens - bucket.tokens) / perSecond) * 1_000;
      bucket.tokens -= tokens;
      return 0;
    },
  };
}
