/** Slows down whoever guesses passwords, without ever locking a user out for good. */
import { LRUCache } from "lru-cache";
import { parseAddress } from "../lib/cidr.ts";

export type SignInAttempt = Readonly<{
  username: string;
  remoteAddress: string;
  /**
   * Names the browser, where it proves that this user has signed in there before: guesses made elsewhere do not slow
   * it down. Null for all others, whose limits are the same whether or not the name exists.
   */
  device: string | null;
}>;

export type SignInLimiter = Readonly<{
  /** Counts as failed until it is said to have succeeded, so that guesses made at once count one by one. */
  begin: (attempt: SignInAttempt) =>
    | Readonly<{
        allowed: true;
        succeeded: () => void;
        /** The password was not looked at: the attempt counts for nothing. */
        withdraw: () => void;
      }>
    | Readonly<{ allowed: false; retryAfterMs: number }>;
}>;

type Rule = Readonly<{ free: number; longestMs: number }>;
type Failures = Readonly<{ count: number; lastAt: number }>;

/** People mistype; a household or an office shares an address. */
const PER_ADDRESS: Rule = { free: 10, longestMs: 15 * 60_000 };
/** Short at its longest, as it also meets the user whose name somebody else guesses with. */
const PER_NAME: Rule = { free: 10, longestMs: 30_000 };
const PER_DEVICE: Rule = { free: 5, longestMs: 60_000 };

const FIRST_WAIT_MS = 1_000;
/** Failures are forgotten when none was added for so long. */
const FORGET_AFTER_MS = 60 * 60_000;
/** Whoever has that many addresses pushes out old ones; the names' own limits still hold. */
const MAX_KEYS = 20_000;

/** `monotonic` in milliseconds. */
export function createSignInLimiter({ monotonic }: { monotonic: () => number }): SignInLimiter {
  const failures = new LRUCache<string, Failures>({ max: MAX_KEYS });

  function failuresOf(key: string, now: number): Failures | null {
    const known = failures.get(key);
    return known && now - known.lastAt < FORGET_AFTER_MS ? known : null;
  }

  function takeBack(key: string): void {
    const known = failures.get(key);
    if (known) failures.set(key, { count: known.count - 1, lastAt: known.lastAt });
  }

  return {
    begin(attempt) {
      const now = monotonic();
      const { name, address } = limitsOf(attempt);
      const limits = address === null ? [name] : [name, address];
      const retryAfterMs = Math.max(...limits.map(([key, rule]) => waitFor(failuresOf(key, now), rule, now)));
      // What is refused counts for nothing: else asking again and again would keep the right user out.
      if (retryAfterMs > 0) return { allowed: false, retryAfterMs };
      for (const [key] of limits) {
        failures.set(key, { count: (failuresOf(key, now)?.count ?? 0) + 1, lastAt: now });
      }
      return {
        allowed: true,
        succeeded() {
          failures.delete(name[0]);
          // Not forgotten: else whoever has an account could clear the way for guesses at others'.
          if (address !== null) takeBack(address[0]);
        },
        withdraw() {
          for (const [key] of limits) takeBack(key);
        },
      };
    },
  };
}

/** Milliseconds from now; 0 for at once. Doubles with each failure after the free ones. */
function waitFor(known: Failures | null, rule: Rule, now: number): number {
  if (known === null || known.count < rule.free) return 0;
  const wait = Math.min(rule.longestMs, FIRST_WAIT_MS * 2 ** (known.count - rule.free));
  return Math.max(0, known.lastAt + wait - now);
}

type Limit = readonly [key: string, rule: Rule];

/** Where the browser is known, what others do at its address does not count: whole offices share one. */
function limitsOf(attempt: SignInAttempt): { name: Limit; address: Limit | null } {
  // Names are compared without regard to case where users are looked up.
  const username = attempt.username.toLowerCase();
  const network = networkOf(attempt.remoteAddress);
  return attempt.device !== null
    ? { name: [`device ${attempt.device} ${username}`, PER_DEVICE], address: null }
    : { name: [`name ${username}`, PER_NAME], address: [`address ${network}`, PER_ADDRESS] };
}

/** One customer has a whole /64 of IPv6. */
function networkOf(address: string): string {
  const ip = parseAddress(address);
  if (ip === null || ip.kind() === "ipv4") return address;
  return ip.toNormalizedString().split(":").slice(0, 4).join(":");
}
