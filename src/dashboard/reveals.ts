/** Keeps text that a page shows once, such as a secret: in memory, for one session, for a few minutes. */
import { LRUCache } from "lru-cache";
import { randomToken } from "../lib/crypto.ts";

export type Reveals = Readonly<{
  /** Stores a text and returns the key for the page's URL. */
  keep: (value: { sessionId: string; text: string }) => string;
  /** Returns the text once; null the second time, for another session, and after a few minutes. */
  take: (asked: { sessionId: string; key: string | null }) => string | null;
}>;

const LIFETIME_MS = 5 * 60_000;
const MAX_KEPT = 100;

/** `monotonic` returns milliseconds. */
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
