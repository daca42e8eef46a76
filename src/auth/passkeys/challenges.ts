/** Challenges that devices sign: sealed into the page's form, and taken once. */
import { LRUCache } from "lru-cache";
import type { Clock } from "../../lib/clock.ts";
import { randomToken } from "../../lib/crypto.ts";
import { AppError } from "../../lib/errors.ts";
import type { Sealer } from "../../settings/sealed-config.ts";

export type Challenge = Readonly<{ challenge: string; sealed: string }>;

const BYTES = 32;
/** People read the page before they press the button. */
const LIFETIME_MS = 10 * 60_000;
/** Successful answers within the lifetime. */
const MAX_TAKEN = 10_000;

export function createChallenges({ keys, clock }: { keys: Sealer; clock: Pick<Clock, "now"> }) {
  // Kept for successes only, so that visitors of the sign-in page cannot fill it.
  const taken = new LRUCache<string, true>({ max: MAX_TAKEN });
  const placeOf = (purpose: string) => `passkey_challenge:${purpose}`;

  return {
    /** `purpose` is what the answer may be used for. */
    create(purpose: string): Challenge {
      const challenge = randomToken(BYTES);
      return { challenge, sealed: keys.seal(`${clock.now()}.${challenge}`, placeOf(purpose)) };
    },
    /** Null if it is not this gateway's, for another purpose, too old, or taken. */
    open(sealed: string, purpose: string): string | null {
      try {
        const [at, challenge = ""] = keys.open(sealed, placeOf(purpose)).split(".");
        const isFresh = Math.abs(clock.now() - Number(at)) < LIFETIME_MS;
        return isFresh && !taken.has(challenge) ? challenge : null;
      } catch (error) {
        if (error instanceof AppError) return null;
        throw error;
      }
    },
    take(challenge: string): void {
      taken.set(challenge, true);
    },
  };
}
