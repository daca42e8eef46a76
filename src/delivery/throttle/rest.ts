/**
 * A target's wish to be left alone for a while (Retry-After, 429, 503), pure. A short wish is followed. A long one may
 * concern only the event that it answered, so another event tests it and must be answered alike before it is followed.
 */

/** A wish for longer than this is tested with another event after this long. */
const TEST_AFTER_MS = 30_000;
/** The same where some events are known to fail while others are accepted. */
const TEST_SOON_MS = 1_000;
/** Events that must be answered alike before a long wish is followed. */
const CONFIRMED_BY = 2;
/** The same where some events are known to fail while others are accepted; then only tests count. */
const CONFIRMED_BY_TESTS = 3;

/** Times are milliseconds of monotonic time. */
export type Rest = Readonly<{
  until: number;
  /** When another event tests the wish; null for a short rest, which ends without a test. */
  testAt: number | null;
  /** Events that were answered with the wish. */
  askers: readonly string[];
  isTesting: boolean;
}>;

type Wish = Readonly<{
  eventId: string;
  ms: number;
  now: number;
  /** This event fails while others are accepted. */
  isAtFault: boolean;
  /** Some events fail while others are accepted. */
  isMixed: boolean;
  /** The attempt was the test of an earlier wish. */
  isTest: boolean;
}>;

export function afterWish(rest: Rest | null, wish: Wish): Rest {
  const { ms, now } = wish;
  const goesOn = isTested(rest) ? rest : null;
  const until = Math.max(rest?.until ?? 0, now + ms);
  if (goesOn === null && until - now <= TEST_AFTER_MS) {
    return { until, testAt: null, askers: [], isTesting: false };
  }
  const askers = askersAfter(goesOn?.askers ?? [], wish);
  const isConfirmed = askers.length >= (wish.isMixed ? CONFIRMED_BY_TESTS : CONFIRMED_BY);
  const testAfter = wish.isAtFault || wish.isMixed ? TEST_SOON_MS : TEST_AFTER_MS;
  const testAt = isConfirmed ? until : Math.min(until, now + testAfter);
  return { until, testAt, askers, isTesting: goesOn?.isTesting ?? false };
}

function askersAfter(known: readonly string[], wish: Wish): readonly string[] {
  const { eventId, isAtFault, isMixed, isTest } = wish;
  if (isAtFault || known.includes(eventId) || known.length >= CONFIRMED_BY_TESTS) return known;
  return isMixed && !isTest && known.length > 0 ? known : [...known, eventId];
}

/** Milliseconds until an attempt may begin; null while the test is under way, whose end decides. */
export function waitForRest(rest: Rest | null, now: number): number | null {
  if (rest === null) return 0;
  return rest.isTesting ? null : Math.max(0, Math.ceil(nextAttemptAt(rest) - now));
}

export function nextAttemptAt(rest: Rest): number {
  return rest.testAt ?? rest.until;
}

/** True while attempts must begin one at a time. */
export function isTested(rest: Rest | null): rest is Rest {
  return rest !== null && rest.testAt !== null;
}

export function beginTest(rest: Rest | null): Rest | null {
  return rest === null || rest.testAt === null ? rest : { ...rest, isTesting: true };
}

/** Returns the rest after a test that brought no other wish. `isUp`: the target answered as one that works. */
export function afterTest(rest: Rest | null, { isUp, now }: { isUp: boolean; now: number }): Rest | null {
  if (rest === null || !rest.isTesting) return rest;
  if (isUp || now >= rest.until) return null;
  return { ...rest, isTesting: false, testAt: now + TEST_AFTER_MS };
}
