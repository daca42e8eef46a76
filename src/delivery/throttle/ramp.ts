/** How fast what was held is let go: a rate that rises while the target takes it all and succeeds; pure. */

/** A second. */
const FIRST_RATE = 2;
/** Reached after 90 seconds; a million deliveries then take a quarter of an hour. */
const HIGHEST_RATE = 1_024;
/** The rate doubles after so long a time. */
const DOUBLING_MS = 10_000;
/** What was not taken is not saved up for longer. */
const SAVED_MS = 1_000;

/** Times are milliseconds of monotonic time; rates are deliveries a second. */
export type Ramp = Readonly<{
  rate: number;
  /** How many may go now; a fraction counts towards the next. */
  credit: number;
  at: number;
  /** When the rate began to rise again; it stands still until then. */
  risesFrom: number;
}>;

export function newRamp(now: number): Ramp {
  return { rate: FIRST_RATE, credit: 1, at: now, risesFrom: now };
}

/** As it is at `now`. */
export function advance(ramp: Ramp, now: number): Ramp {
  const gone = Math.max(0, now - ramp.at);
  const saved = Math.max(1, (ramp.rate * SAVED_MS) / 1_000);
  const earned = ramp.credit + (ramp.rate * gone) / 1_000;
  // What nobody took shows that it is not this rate that holds the deliveries back: it need not rise.
  const rising = earned > saved ? 0 : Math.max(0, now - Math.max(ramp.at, ramp.risesFrom));
  const rate = Math.min(HIGHEST_RATE, ramp.rate * 2 ** (rising / DOUBLING_MS));
  return { ...ramp, rate, credit: Math.min(saved, earned), at: now };
}

export function take(ramp: Ramp, count: number): Ramp {
  return { ...ramp, credit: Math.max(0, ramp.credit - count) };
}

/** An attempt failed: half the rate, and no rise for a while. */
export function slowDown(ramp: Ramp, now: number): Ramp {
  // Failures of one moment count once.
  if (ramp.risesFrom > now) return ramp;
  return { ...ramp, rate: Math.max(FIRST_RATE, ramp.rate / 2), risesFrom: now + DOUBLING_MS };
}

/** Milliseconds until one may go. */
export function waitForCredit(ramp: Ramp): number {
  return ramp.credit >= 1 ? 0 : Math.ceil(((1 - ramp.credit) * 1_000) / ramp.rate);
}

/** Milliseconds for so many if the rate goes on rising, up to `highest`. */
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
