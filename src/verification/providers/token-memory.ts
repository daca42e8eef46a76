/** Remembers single-use tokens, each with its body, until they expire. */
import { createHash } from "node:crypto";

/** About 20 MB. Only tokens with a valid signature are stored, so no stranger can fill it. */
const MOST_TOKENS = 100_000;

type TokenMemory = Readonly<{
  /**
   * Returns false if the token was used before with another body. The same body is the sender's retry and must be
   * accepted: the first request may have got a 503, or its response may have been lost. `until`: milliseconds UTC.
   */
  take: (use: { token: string; body: Uint8Array; now: number; until: number }) => boolean;
}>;

export function createTokenMemory(most = MOST_TOKENS): TokenMemory {
  /** In order of arrival, which is roughly the order of expiry. */
  const taken = new Map<string, Readonly<{ digest: string; until: number }>>();

  function forget(now: number): void {
    for (const [token, { until }] of taken) {
      if (until >= now && taken.size <= most) return;
      taken.delete(token);
    }
  }

  return {
    take({ token, body, now, until }) {
      const digest = createHash("sha256").update(body).digest("base64");
      const before = taken.get(token);
      if (before && before.until >= now) return before.digest === digest;
      taken.set(token, { digest, until });
      forget(now);
      return true;
    },
  };
}
