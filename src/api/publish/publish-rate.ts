/** Limits how many events each API key publishes. */
import { createTokenBuckets } from "../../ingest/token-buckets.ts";
import { AppError } from "../../lib/errors.ts";
import { MAX_BATCH } from "../../webhooks/publish/publish-input.ts";

/** Throws AppError `rate_limited`, and then takes nothing. */
export type TakeFromRate = (apiKeyId: string, events: number) => void;

/** `perSecond` null: any number. Two seconds' worth may come at once, and a whole batch at any rate. */
export function createPublishRate(of: { perSecond: number | null; monotonic: () => number }): TakeFromRate {
  const { perSecond, monotonic } = of;
  if (perSecond === null) return () => {};
  const buckets = createTokenBuckets({ monotonic });
  const rule = { perSecond, burst: Math.max(2 * perSecond, MAX_BATCH) };
  return (apiKeyId, events) => {
    const waitMs = buckets.take(apiKeyId, rule, events);
    if (waitMs === 0) return;
    throw new AppError({
      kind: "rate_limited",
      code: "publish_rate_limited",
      message: `This API key publishes more than ${perSecond === 1 ? "1 event" : `${perSecond} events`} per second.`,
      hint: "Publish the event again later, under the same idempotency key. PUBLISH_RATE sets the limit.",
      retryAfterSeconds: Math.ceil(waitMs / 1_000),
    });
  };
}
