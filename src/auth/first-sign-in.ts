/** The link that the first start prints: it signs the first user in once, within minutes, without the password. */
import type { Clock } from "../lib/clock.ts";
import { constantTimeEqual, hashToken, randomToken } from "../lib/crypto.ts";

const LIFETIME_MS = 15 * 60_000;
export const FIRST_SIGN_IN_MINUTES = LIFETIME_MS / 60_000;
const TOKEN_BYTES = 32;

export type FirstSignIn = ReturnType<typeof createFirstSignIn>;

/** Only the token's hash is held, in memory: a restart ends the offer. `areNoSessions`: nobody has signed in yet. */
export function createFirstSignIn({ clock, areNoSessions }: { clock: Clock; areNoSessions: () => boolean }) {
  let offer: Readonly<{ userId: string; hash: string; until: number }> | null = null;

  /** The user whom the token signs in; null once it is used or too old, or anybody has signed in otherwise. */
  function find(token: string): string | null {
    if (offer === null || clock.monotonic() >= offer.until || !areNoSessions()) return null;
    return constantTimeEqual(hashToken(token), offer.hash) ? offer.userId : null;
  }

  return {
    /** Returns the token, which is for the terminal only. */
    offer(userId: string): string {
      const token = randomToken(TOKEN_BYTES);
      offer = { userId, hash: hashToken(token), until: clock.monotonic() + LIFETIME_MS };
      return token;
    },
    find,
    /** As `find`, and ends the offer. */
    take(token: string): string | null {
      const userId = find(token);
      if (userId !== null) offer = null;
      return userId;
    },
  };
}
