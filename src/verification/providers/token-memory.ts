/** Remembers tokens that may be used for one body only, as long as they could be used again. */
import { createHash } from "node:crypto";

/** About 20 MB; only tokens that are rightly signed come in, so nobody else fills it. */
const MOST_TOKENS = 100_000;

export type TokenMemory = Readonly<{
  /**
   * False where the token was taken before with another body. With the same one it is the sender's retry, which must
   * not be refused: the first may have been answered 503, or the answer may be lost. `until`: milliseconds UTC.
   */
  take: (use: { token: string; body: Uint8Array; now: number; until: number }) => boolean;
}>;

export function createTokenMemory(most = MOST_TOKENS): TokenMemory {
  /** In the order in which they came, which is about that in which they end. */
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
