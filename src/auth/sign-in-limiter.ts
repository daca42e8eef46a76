/** Slows down password guessing without locking users out permanently. */
import { LRUCache } from "lru-cache";
import { parseAddress } from "../lib/cidr.ts";
import { DAY_MS, HOUR_MS } from "../lib/clock.ts";

type SignInAttempt = Readonly<{
  username: string;
  remoteAddress: string;
  /**
   * Identifies a browser that has proved an earlier sign-in of this user; guesses made elsewhere do not slow it down.
   * Null for all others, whose limits are the same whether or not the username exists.
   */
  device: string | null;
  /** A code is short, so that guesses of it must be fewer. "mail": sends an e-mail, and guesses nothing. */
  what?: "password" | "code" | "mail";
}>;

export type SignInLimiter = Readonly<{
  /** Counts the attempt as failed until `succeeded` is called, so that simultaneous guesses are all counted. */
  begin: (attempt: SignInAttempt) =>
    | Readonly<{
        allowed: true;
        succeeded: () => void;
        /** The password was not checked, so the attempt does not count. */
        withdraw: () => void;
      }>
    | Readonly<{ allowed: false; retryAfterMs: number }>;
}>;

type Rule = Readonly<{ free: number; longestMs: number; forgottenAfterMs: number }>;
type Failures = Readonly<{ count: number; lastAt: number }>;

/** Allows for typing errors and for addresses shared by a household or an office. */
const PER_ADDRESS: Rule = { free: 10, longestMs: 15 * 60_000, forgottenAfterMs: HOUR_MS };
/** A short maximum, because it also affects the user whose name is being guessed. */
const PER_NAME: Rule = { free: 10, longestMs: 30_000, forgottenAfterMs: HOUR_MS };
const PER_DEVICE: Rule = { free: 5, longestMs: 60_000, forgottenAfterMs: HOUR_MS };
/** A thousand guesses take ten days. Three of a million codes are right at any time. */
const PER_NAME_CODE: Rule = { free: 5, longestMs: 15 * 60_000, forgottenAfterMs: DAY_MS };
const PER_DEVICE_CODE: Rule = { free: 5, longestMs: 5 * 60_000, forgottenAfterMs: DAY_MS };
/** Asking for a link by a name or address. Links that a user has open are limited too. */
const PER_NAME_MAIL: Rule = { free: 3, longestMs: 15 * 60_000, forgottenAfterMs: HOUR_MS };
/** A signed-in user who has links sent to others: one a minute after the first ones. */
const PER_DEVICE_MAIL: Rule = { free: 30, longestMs: 60_000, forgottenAfterMs: HOUR_MS };

const RULES = {
  password: { name: PER_NAME, device: PER_DEVICE },
  code: { name: PER_NAME_CODE, device: PER_DEVICE_CODE },
  mail: { name: PER_NAME_MAIL, device: PER_DEVICE_MAIL },
} as const;

const FIRST_WAIT_MS = 1_000;
/** An attacker with more addresses evicts old entries; the limits by username still hold. */
const MAX_KEYS = 20_000;

/** `monotonic` in milliseconds. */
export function createSignInLimiter({ monotonic }: { monotonic: () => number }): SignInLimiter {
  const failures = new LRUCache<string, Failures>({ max: MAX_KEYS });

  /** Failures expire some time after the last one. */
  function failuresOf([key, rule]: Limit, now: number): Failures | null {
    const known = failures.get(key);
    return known && now - known.lastAt < rule.forgottenAfterMs ? known : null;
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
      const retryAfterMs = Math.max(...limits.map((limit) => waitFor(failuresOf(limit, now), limit[1], now)));
      // Refused attempts do not count; otherwise repeated attempts would lock out the real user.
      if (retryAfterMs > 0) return { allowed: false, retryAfterMs };
      for (const limit of limits) {
        failures.set(limit[0], { count: (failuresOf(limit, now)?.count ?? 0) + 1, lastAt: now });
      }
      return {
        allowed: true,
        succeeded() {
          failures.delete(name[0]);
          // Only this attempt is taken back; otherwise anyone with an account could reset an address's limit.
          if (address !== null) takeBack(address[0]);
        },
        withdraw() {
          for (const [key] of limits) takeBack(key);
        },
      };
    },
  };
}

/** The message for a refused attempt, with the wait in whole seconds. */
export function describeWait(retryAfterMs: number): string {
  const seconds = Math.ceil(retryAfterMs / 1_000);
  return `Too many attempts. Wait ${seconds} ${seconds === 1 ? "second" : "seconds"}, then try again.`;
}

/** Returns the milliseconds to wait. Doubles with each failure after the free ones. */
function waitFor(known: Failures | null, rule: Rule, now: number): number {
  if (known === null || known.count < rule.free) return 0;
  const wait = Math.min(rule.longestMs, FIRST_WAIT_MS * 2 ** (known.count - rule.free));
  return Math.max(0, known.lastAt + wait - now);
}

type Limit = readonly [key: string, rule: Rule];

/** For a known browser, failures of others at its address do not count: whole offices share one. */
function limitsOf(attempt: SignInAttempt): { name: Limit; address: Limit | null } {
  // Usernames are case-insensitive.
  const username = attempt.username.toLowerCase();
  const network = networkOf(attempt.remoteAddress);
  const { what = "password" } = attempt;
  const { name, device } = RULES[what];
  const prefix = what === "password" ? "" : `${what} `;
  if (attempt.device !== null)
    return { name: [`${prefix}device ${attempt.device} ${username}`, device], address: null };
  // E-mails that are asked for slow down no sign-in from the same address.
  const address = `${what === "mail" ? prefix : ""}address ${network}`;
  return { name: [`${prefix}name ${username}`, name], address: [address, PER_ADDRESS] };
}

/** IPv6 customers have a whole /64 each. */
function networkOf(address: string): string {
  const ip = parseAddress(address);
  if (ip === null || ip.kind() === "ipv4") return address;
  return ip.toNormalizedString().split(":").slice(0, 4).join(":");
}
