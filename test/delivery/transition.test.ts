import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { longestWaitMs } from "../../src/delivery/backoff.ts";
import { type NextState, nextState } from "../../src/delivery/transition.ts";
import { parseDeliveryPolicy } from "../../src/targets/delivery-policy.ts";
import type { Outcome } from "../../src/targets/target-type.ts";
import { DELIVERED, FAILED } from "./scripted-targets.ts";

const NOW = 1_767_225_600_000;
const HOUR = 3_600_000;
const failed = fc.record({
  kind: fc.constant("failed" as const),
  retryable: fc.constant(true),
  error: fc.string(),
  response: fc.constant(null),
  retryAfterMs: fc.double(),
});
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const before = fc
  .record({ attemptsAtReplay: fc.nat(50), attempts: fc.nat(50) })
  .map(({ attemptsAtReplay, attempts }) => ({
    attempts: attemptsAtReplay + attempts,
    attemptsAtReplay,
    dueSince: NOW,
  }));
const NEW = { attempts: 0, attemptsAtReplay: 0, dueSince: NOW };

/** The state after a failure of a new delivery, or of the given one. */
function afterFailure(
  policy: Record<string, unknown>,
  changes: Partial<Parameters<typeof nextState>[0]> = {},
) {
  return nextState({
    delivery: NEW,
    outcome: FAILED,
    now: NOW,
    random: 0.5,
    policy: parseDeliveryPolicy(policy),
    ...changes,
  });
}

function answered(statusCode: number): Outcome {
  const response = { statusCode, headers: [], body: new Uint8Array(), bodyTruncated: false };
  return { kind: "failed", retryable: true, error: `HTTP ${statusCode}`, response };
}

const GIVEN_UP: Partial<NextState> = { status: "failed", nextAttemptAt: null };

test("a failure under the limit always stays pending, with a time that comes", () => {
  fc.assert(
    fc.property(before, failed, random, fc.option(fc.integer({ min: 1, max: 200 })), (...given) => {
      const [delivery, outcome, drawn, max_attempts] = given;
      const next = afterFailure({ max_attempts }, { delivery, outcome, random: drawn });
      const attempts = delivery.attempts + 1 - delivery.attemptsAtReplay;
      if (max_attempts !== null && attempts >= max_attempts) {
        expect(next).toMatchObject(GIVEN_UP);
        expect(next.reason).toContain(outcome.error);
        return;
      }
      expect(next.status).toBe("pending");
      expect(Number.isSafeInteger(next.nextAttemptAt)).toBe(true);
      expect(next.nextAttemptAt).toBeGreaterThan(NOW);
      expect(next.nextAttemptAt).toBeLessThanOrEqual(NOW + longestWaitMs(parseDeliveryPolicy({}).waits));
    }),
  );
});

test("a success ends it, whatever came before", () => {
  fc.assert(
    fc.property(before, random, (delivery, drawn) => {
      const next = afterFailure({ max_attempts: 1 }, { delivery, outcome: DELIVERED, random: drawn });
      expect(next).toEqual({ status: "delivered", nextAttemptAt: null, reason: null });
    }),
  );
});

test("one attempt means no retry", () => {
  expect(afterFailure({ max_attempts: 1 })).toEqual({
    status: "failed",
    nextAttemptAt: null,
    reason: "Gave up after 1 attempt: HTTP 500",
  });
});

test("without a limit no number of failures gives a delivery up", () => {
  const delivery = { ...NEW, attempts: 1_000_000 };
  expect(afterFailure({ max_attempts: null }, { delivery }).status).toBe("pending");
});

test("a failure that no retry can mend is given up at once, also without a limit", () => {
  const outcome = { ...FAILED, kind: "failed", retryable: false, error: "refused address" } as const;
  const next = afterFailure({ max_attempts: null }, { outcome });
  expect(next).toMatchObject(GIVEN_UP);
  expect(next.reason).toContain("refused address");
});

test("a replay begins the count and the delays anew", () => {
  const delivery = { ...NEW, attempts: 12, attemptsAtReplay: 12 };
  expect(afterFailure({}, { delivery })).toEqual(afterFailure({}));
});

test("a list of waits is followed to its end, and then the delivery is given up", () => {
  const policy = { retry_strategy: "list", retry_delays_seconds: [60, 5], retry_jitter_percent: 0 };
  const after = (attempts: number, more = {}) =>
    afterFailure({ ...policy, ...more }, { delivery: { ...NEW, attempts } });
  expect(after(0).nextAttemptAt).toBe(NOW + 60_000);
  expect(after(1).nextAttemptAt).toBe(NOW + 5_000);
  expect(after(2)).toMatchObject({
    ...GIVEN_UP,
    reason: "Gave up after 3 attempts, at the end of the retry schedule: HTTP 500",
  });
  expect(after(1, { max_attempts: 2 })).toMatchObject(GIVEN_UP);
});

describe("an answer that the policy names", () => {
  const statusAfter = (statusCode: number, ...no_retry_statuses: string[]) =>
    afterFailure({ no_retry_statuses }, { outcome: answered(statusCode) }).status;

  test("gives the delivery up at once, any other is retried", () => {
    expect(afterFailure({ no_retry_statuses: ["404"] }, { outcome: answered(404) })).toMatchObject({
      ...GIVEN_UP,
      reason: "Gave up, because the target's settings say not to retry after 404: HTTP 404",
    });
    expect(statusAfter(403, "404")).toBe("pending");
    expect(statusAfter(404)).toBe("pending");
  });

  test("may be named by its range or class, which spares those that ask for another attempt", () => {
    expect(statusAfter(422, "4xx")).toBe("failed");
    expect(statusAfter(499, "400-499")).toBe("failed");
    expect(statusAfter(500, "4XX")).toBe("pending");
    for (const later of [408, 409, 425, 429]) {
      expect([later, statusAfter(later, "4xx", "400-499")]).toEqual([later, "pending"]);
      expect([later, statusAfter(later, String(later))]).toEqual([later, "failed"]);
    }
  });

  test("says nothing of a failure without an answer", () => {
    expect(afterFailure({ no_retry_statuses: ["1xx", "2xx", "3xx", "4xx", "5xx"] }).status).toBe("pending");
  });
});

test("a delivery is given up when its next attempt would come after its greatest age", () => {
  const policy = {
    max_age_hours: 24,
    max_attempts: null,
    retry_jitter_percent: 0,
    retry_delay_seconds: 3_600,
  };
  const aged = (hours: number) =>
    afterFailure(policy, { delivery: { ...NEW, dueSince: NOW - hours * HOUR } });
  expect(aged(23).nextAttemptAt).toBe(NOW + HOUR);
  expect(aged(23.1)).toMatchObject({
    ...GIVEN_UP,
    reason:
      "Gave up after 1 attempt, because the next one would be more than 24 h after the event was received or replayed: HTTP 500",
  });
  expect(afterFailure({}, { delivery: { ...NEW, dueSince: 0 } }).status).toBe("pending");
});
