/** The rate at which held deliveries are released, pure: it rises while the target accepts all of them. */

/** Deliveries per second. */
const FIRST_RATE = 2;
/** Deliveries per second, reached after 90 seconds; a million deliveries take a quarter of an hour at it. */
const HIGHEST_RATE = 1_024;
/** The rate doubles in this time. */
const DOUBLING_MS = 10_000;
/** Unused credit is kept for this long. */
const SAVED_MS = 1_000;

/** Times are milliseconds of monotonic time; rates are deliveries per second. */
export type Ramp = Readonly<{
  rate: number;
  /** How many may be released now; a fraction counts towards the next. */
  credit: number;
  at: number;
  /** The rate does not rise before this. */
  risesFrom: number;
}>;

export function newRamp(now: number): Ramp {
  return { rate: FIRST_RATE, credit: 1, at: now, risesFrom: now };
}

/** Returns the ramp as it is at `now`. */
export function advance(ramp: Ramp, now: number): Ramp {
  const gone = Math.max(0, now - ramp.at);
  const saved = Math.max(1, (ramp.rate * SAVED_MS) / 1_000);
  const earned = ramp.credit + (ramp.rate * gone) / 1_000;
  // Unused credit shows that the rate is not what limits the deliveries, so it need not rise.
  const rising = earned > saved ? 0 : Math.max(0, now - Math.max(ramp.at, ramp.risesFrom));
  const rate = Math.min(HIGHEST_RATE, ramp.rate * 2 ** (rising / DOUBLING_MS));
  return { ...ramp, rate, credit: Math.min(saved, earned), at: now };
}

export function take(ramp: Ramp, count: number): Ramp {
  return { ...ramp, credit: Math.max(0, ramp.credit - count) };
}

/** Halves the rate after a failed attempt and keeps it from rising for a while. */
export function slowDown(ramp: Ramp, now: number): Ramp {
  // Failures of one moment count once.
  if (ramp.risesFrom > now) return ramp;
  return { ...ramp, rate: Math.max(FIRST_RATE, ramp.rate / 2), risesFrom: now + DOUBLING_MS };
}

/** Milliseconds until one delivery may be released. */
export function waitForCredit(ramp: Ramp): number {
  return ramp.credit >= 1 ? 0 : Math.ceil(((1 - ramp.credit) * 1_000) / ramp.rate);
}

/** Milliseconds to release `left` deliveries if the rate keeps rising, up to `highest`. */
export function estimateMs(ramp: Ramp, left: number, highest = HIGHEST_RATE): number {
  const most = Math.min(HIGHEST_RATE, Math.max(highest, Number.MIN_VALUE));
  if (ramp.rate >= most) return Math.ceil((left * 1_000) / most);
  // The sum of a rate that doubles: rate * (2 ** (t / doubling) - 1) * doubling / ln 2.
  const perMs = ramp.rate / 1_000;
  const growth = DOUBLING_MS / Math.LN2;
  const riseMs = DOUBLING_MS * Math.log2(most / ramp.rate);
  const whileRising = perMs * (most / ramp.rate - 1) * growth;
  if (left <= whileRising) return Math.ceil(growth * Math.log1p(left / (perMs * growth)));
  return Math.ceil(riseMs + ((left - whileRising) * 1_000) / most);
}
