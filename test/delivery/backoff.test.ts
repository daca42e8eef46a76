import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { longestWaitMs, retryDelayMs } from "../../src/delivery/backoff.ts";
import { parseDeliveryPolicy, type RetryWaits } from "../../src/targets/delivery-policy.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const failures = fc.integer({ min: 1, max: 1_000_000 });
const defaults = waitsOf({});

const seconds = fc.integer({ min: 1, max: 604_800 });
/** Every policy that the API takes. */
const anyWaits = fc
  .record({
    retry_strategy: fc.constantFrom("exponential", "linear", "list"),
    retry_delay_seconds: seconds,
    retry_factor: fc.double({ min: 1, max: 10, noNaN: true }),
    retry_step_seconds: fc.nat(604_800),
    retry_max_delay_seconds: seconds,
    retry_delays_seconds: fc.array(seconds, { minLength: 1, maxLength: 50 }),
    retry_jitter_percent: fc.nat(50),
  })
  .map(waitsOf);

function waitsOf(policy: Record<string, unknown>): RetryWaits {
  return parseDeliveryPolicy(policy).waits;
}

/** Without jitter. */
function plain(policy: Record<string, unknown>, count: number): (number | null)[] {
  const waits = waitsOf({ ...policy, retry_jitter_percent: 0 });
  return Array.from({ length: count }, (_, index) =>
    retryDelayMs({ waits, failures: index + 1, random: 0.99 }),
  );
}

function byDefault(count: number, drawn: number, retryAfterMs?: number): number {
  const delay = retryDelayMs({ waits: defaults, failures: count, random: drawn, retryAfterMs });
  if (delay === null) throw new Error("no more attempts");
  return delay;
}

describe("whatever the policy", () => {
  test("a delay is a whole number of milliseconds, above zero and never beyond the longest wait", () => {
    fc.assert(
      fc.property(anyWaits, failures, random, fc.option(fc.double()), (waits, count, drawn, retryAfter) => {
        const retryAfterMs = retryAfter ?? undefined;
        const delay = retryDelayMs({ waits, failures: count, random: drawn, retryAfterMs });
        if (delay === null) {
          expect([waits.strategy, count > waits.listMs.length]).toEqual(["list", true]);
          return;
        }
        expect(Number.isSafeInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThan(0);
        expect(delay).toBeLessThanOrEqual(longestWaitMs(waits));
      }),
    );
  });

  test("a target's own wish is never undercut, and capped at a day", () => {
    fc.assert(
      fc.property(anyWaits, random, fc.double({ min: 0, noNaN: true }), (waits, drawn, retryAfterMs) => {
        const delay = retryDelayMs({ waits, failures: 1, random: drawn, retryAfterMs });
        expect(delay).toBeGreaterThanOrEqual(Math.floor(Math.min(retryAfterMs, DAY)));
        expect(delay).toBeGreaterThanOrEqual(retryDelayMs({ waits, failures: 1, random: drawn }) ?? 0);
      }),
    );
    expect(byDefault(1, 0.5, 400 * DAY)).toBe(DAY);
  });

  test("without chance no wait is shorter than the one before, unless a list says so", () => {
    const growing = anyWaits.filter(({ strategy }) => strategy !== "list");
    fc.assert(
      fc.property(growing, fc.integer({ min: 1, max: 1_000 }), (waits, count) => {
        const still = { waits: { ...waits, jitter: 0 }, random: 0 };
        const before = retryDelayMs({ ...still, failures: count });
        expect(retryDelayMs({ ...still, failures: count + 1 })).toBeGreaterThanOrEqual(before ?? 0);
      }),
    );
  });

  test("jitter takes a wait that much either way and no further", () => {
    const delay = (percent: number, drawn: number) =>
      retryDelayMs({ waits: waitsOf({ retry_jitter_percent: percent }), failures: 1, random: drawn });
    expect([delay(0, 0), delay(0, 0.999)]).toEqual([5_000, 5_000]);
    expect([delay(50, 0), delay(50, 1)]).toEqual([2_500, 7_500]);
  });
});

describe("by default", () => {
  test("the first retry comes within seconds, whatever the jitter", () => {
    fc.assert(
      fc.property(random, (drawn) => {
        expect(byDefault(1, drawn)).toBeGreaterThanOrEqual(4_000);
        expect(byDefault(1, drawn)).toBeLessThanOrEqual(6_000);
      }),
    );
  });

  test("each delay is longer than the one before until the longest is reached", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), random, random, (count, first, second) => {
        const before = byDefault(count, first);
        if (before < 0.8 * DAY) expect(byDefault(count + 1, second)).toBeGreaterThan(before);
      }),
    );
  });

  test("twelve attempts spread over about three days", () => {
    for (const drawn of [0, 0.5, 0.999]) {
      let total = 0;
      for (let count = 1; count < 12; count++) total += byDefault(count, drawn);
      expect(total).toBeGreaterThan(55 * HOUR);
      expect(total).toBeLessThan(85 * HOUR);
    }
  });

  test("retries of one outage do not come back together", () => {
    expect(byDefault(5, 0.999) / byDefault(5, 0)).toBeGreaterThan(1.2);
  });
});

test("exponential waits grow by the factor, from the first to the longest", () => {
  const policy = { retry_delay_seconds: 2, retry_factor: 1.5, retry_max_delay_seconds: 6 };
  expect(plain(policy, 5)).toEqual([2_000, 3_000, 4_500, 6_000, 6_000]);
});

test("linear waits grow by the step, up to the longest, or stay the same without one", () => {
  const policy = { retry_strategy: "linear", retry_delay_seconds: 10 };
  expect(plain(policy, 3)).toEqual([10_000, 10_000, 10_000]);
  const steps = { ...policy, retry_step_seconds: 20, retry_max_delay_seconds: 45 };
  expect(plain(steps, 4)).toEqual([10_000, 30_000, 45_000, 45_000]);
});

test("listed waits come in their order, then there is none", () => {
  const policy = { retry_strategy: "list", retry_delays_seconds: [300, 5, 604_800] };
  expect(plain({ ...policy, retry_max_delay_seconds: 1 }, 4)).toEqual([300_000, 5_000, 7 * DAY, null]);
});

test("the longest wait follows the policy, and leaves room for a target's own wish", () => {
  expect(longestWaitMs(defaults)).toBe(Math.ceil(DAY * 1.15));
  expect(longestWaitMs(waitsOf({ retry_max_delay_seconds: 60 }))).toBe(DAY);
  expect(longestWaitMs(waitsOf({ retry_max_delay_seconds: 604_800, retry_jitter_percent: 0 }))).toBe(7 * DAY);
  const list = { retry_strategy: "list", retry_delays_seconds: [5, 172_800], retry_jitter_percent: 50 };
  expect(longestWaitMs(waitsOf(list))).toBe(3 * DAY);
});
