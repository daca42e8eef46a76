/** What one page shows once, such as a secret: kept in memory, for one session, for a while. */
import { LRUCache } from "lru-cache";
import { randomToken } from "../lib/crypto.ts";

export type Reveals = Readonly<{
  /** What the page's address names it by. */
  keep: (value: { sessionId: string; text: string }) => string;
  /** Null the second time, for another session, and after a few minutes. */
  take: (asked: { sessionId: string; key: string | null }) => string | null;
}>;

const LIFETIME_MS = 5 * 60_000;
const MAX_KEPT = 100;

/** `monotonic` in milliseconds. */
export function createReveals({ monotonic }: { monotonic: () => number }): Reveals {
  const kept = new LRUCache<string, { sessionId: string; text: string; at: number }>({ max: MAX_KEPT });
  return {
    keep({ sessionId, text }) {
      const key = randomToken(16);
      kept.set(key, { sessionId, text, at: monotonic() });
      return key;
    },
    take({ sessionId, key }) {
      const found = key === null ? undefined : kept.get(key);
      if (key === null || found === undefined || found.sessionId !== sessionId) return null;
      kept.delete(key);
      return monotonic() - found.at < LIFETIME_MS ? found.text : null;
    },
  };
}
