import { expect, test } from "bun:test";
import fc from "fast-check";
import { MAX_WAIT_MS, retryDelayMs } from "../../src/delivery/backoff.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const failures = fc.integer({ min: 1, max: 1_000_000 });

test("the first retry comes within seconds, whatever the jitter", () => {
  fc.assert(
    fc.property(random, (drawn) => {
      const delay = retryDelayMs({ failures: 1, random: drawn });
      expect(delay).toBeGreaterThanOrEqual(4_000);
      expect(delay).toBeLessThanOrEqual(6_000);
    }),
  );
});

test("a delay is a whole number of milliseconds, above zero and never beyond the longest wait", () => {
  fc.assert(
    fc.property(failures, random, fc.option(fc.double()), (count, drawn, retryAfter) => {
      const retryAfterMs = retryAfter ?? undefined;
      const delay = retryDelayMs({ failures: count, random: drawn, retryAfterMs });
      expect(Number.isSafeInteger(delay)).toBe(true);
      expect(delay).toBeGreaterThan(0);
      expect(delay).toBeLessThanOrEqual(MAX_WAIT_MS);
    }),
  );
});

test("each delay is longer than the one before until the longest is reached", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), random, random, (count, first, second) => {
      const before = retryDelayMs({ failures: count, random: first });
      const after = retryDelayMs({ failures: count + 1, random: second });
      if (before < 0.8 * DAY) expect(after).toBeGreaterThan(before);
    }),
  );
});

test("twelve tries spread over about three days", () => {
  for (const drawn of [0, 0.5, 0.999]) {
    let total = 0;
    for (let count = 1; count < 12; count++) total += retryDelayMs({ failures: count, random: drawn });
    expect(total).toBeGreaterThan(55 * HOUR);
    expect(total).toBeLessThan(85 * HOUR);
  }
});

test("retries of one outage do not come back together", () => {
  const early = retryDelayMs({ failures: 5, random: 0 });
  const late = retryDelayMs({ failures: 5, random: 0.999 });
  expect(late / early).toBeGreaterThan(1.2);
});

test("a target's own wish is never undercut, and capped at a day", () => {
  fc.assert(
    fc.property(failures, random, fc.double({ min: 0, noNaN: true }), (count, drawn, retryAfterMs) => {
      const delay = retryDelayMs({ failures: count, random: drawn, retryAfterMs });
      expect(delay).toBeGreaterThanOrEqual(Math.floor(Math.min(retryAfterMs, DAY)));
      expect(delay).toBeGreaterThanOrEqual(retryDelayMs({ failures: count, random: drawn }));
    }),
  );
  expect(retryDelayMs({ failures: 1, random: 0.5, retryAfterMs: 400 * DAY })).toBe(DAY);
});
