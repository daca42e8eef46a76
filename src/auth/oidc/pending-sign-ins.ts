/** State that the gateway needs while a browser is at the provider: sealed, for the browser to keep. */
import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { Clock } from "../../lib/clock.ts";
import { randomToken } from "../../lib/crypto.ts";
import { AppError } from "../../lib/errors.ts";
import type { Sealer } from "../../settings/sealed-config.ts";

/** Purpose of the visit to the provider; anything but a sign-in is for one session. */
const purpose = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("sign-in") }),
  z.object({ kind: z.enum(["link", "verify"]), sessionId: z.string() }),
]);

const pendingSchema = z.object({
  nonce: z.string(),
  verifier: z.string(),
  next: z.string(),
  at: z.number(),
  purpose,
});

export type Purpose = z.infer<typeof purpose>;
export type Pending = z.infer<typeof pendingSchema> & Readonly<{ state: string }>;

export const PENDING_MS = 10 * 60_000;
const BYTES = 32;
/** Sign-ins within the lifetime. */
const MAX_TAKEN = 10_000;

export function createPendingSignIns({ keys, clock }: { keys: Sealer; clock: Pick<Clock, "now"> }) {
  const taken = new LRUCache<string, true>({ max: MAX_TAKEN });
  const placeOf = (state: string) => `oidc_sign_in:${state}`;

  return {
    create(of: { next: string; purpose: Purpose }): { pending: Pending; sealed: string } {
      const state = randomToken(BYTES);
      const rest = { ...of, nonce: randomToken(BYTES), verifier: randomToken(BYTES), at: clock.now() };
      return { pending: { ...rest, state }, sealed: keys.seal(JSON.stringify(rest), placeOf(state)) };
    },
    /** Null if it is not this gateway's, for another state, too old, or taken. Each is taken once. */
    take({ state, sealed }: { state: string; sealed: string }): Pending | null {
      const rest = open(sealed, placeOf(state));
      if (rest === null || Math.abs(clock.now() - rest.at) >= PENDING_MS || taken.has(state)) return null;
      taken.set(state, true);
      return { ...rest, state };
    },
  };

  function open(sealed: string, place: string) {
    try {
      return pendingSchema.parse(JSON.parse(keys.open(sealed, place)));
    } catch (error) {
      if (error instanceof AppError) return null;
      throw error;
    }
  }
}
