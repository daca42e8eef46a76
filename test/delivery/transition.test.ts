import { expect, test } from "bun:test";
import fc from "fast-check";
import { MAX_WAIT_MS } from "../../src/delivery/backoff.ts";
import { nextState } from "../../src/delivery/transition.ts";
import { DELIVERED, FAILED } from "./scripted-targets.ts";

const NOW = 1_767_225_600_000;
const failed = fc.record({
  kind: fc.constant("failed" as const),
  retryable: fc.constant(true),
  error: fc.string(),
  response: fc.constant(null),
  retryAfterMs: fc.double(),
});
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const before = fc
  .record({ attemptsAtReplay: fc.nat(50), tries: fc.nat(50) })
  .map(({ attemptsAtReplay, tries }) => ({ attempts: attemptsAtReplay + tries, attemptsAtReplay }));

test("a failure under the limit always stays pending, with a time that comes", () => {
  fc.assert(
    fc.property(before, failed, random, fc.option(fc.integer({ min: 1, max: 200 })), (...given) => {
      const [delivery, outcome, drawn, maxAttempts] = given;
      const next = nextState({ delivery, outcome, policy: { maxAttempts }, now: NOW, random: drawn });
      const tries = delivery.attempts + 1 - delivery.attemptsAtReplay;
      if (maxAttempts !== null && tries >= maxAttempts) {
        expect(next).toMatchObject({ status: "failed", nextAttemptAt: null });
        expect(next.reason).toContain(outcome.error);
        return;
      }
      expect(next.status).toBe("pending");
      expect(Number.isSafeInteger(next.nextAttemptAt)).toBe(true);
      expect(next.nextAttemptAt).toBeGreaterThan(NOW);
      expect(next.nextAttemptAt).toBeLessThanOrEqual(NOW + MAX_WAIT_MS);
    }),
  );
});

test("a success ends it, whatever came before", () => {
  fc.assert(
    fc.property(before, random, (delivery, drawn) => {
      const policy = { maxAttempts: 1 };
      const next = nextState({ delivery, outcome: DELIVERED, policy, now: NOW, random: drawn });
      expect(next).toEqual({ status: "delivered", nextAttemptAt: null, reason: null });
    }),
  );
});

test("one try means no retry", () => {
  const delivery = { attempts: 0, attemptsAtReplay: 0 };
  const next = nextState({ delivery, outcome: FAILED, policy: { maxAttempts: 1 }, now: NOW, random: 0.5 });
  expect(next).toEqual({
    status: "failed",
    nextAttemptAt: null,
    reason: "Given up after 1 try: answered 500",
  });
});

test("without a limit no number of failures gives a delivery up", () => {
  const delivery = { attempts: 1_000_000, attemptsAtReplay: 0 };
  const next = nextState({ delivery, outcome: FAILED, policy: { maxAttempts: null }, now: NOW, random: 0.5 });
  expect(next.status).toBe("pending");
});

test("a failure that no retry can mend is given up at once, also without a limit", () => {
  const outcome = { ...FAILED, kind: "failed", retryable: false, error: "refused address" } as const;
  const delivery = { attempts: 0, attemptsAtReplay: 0 };
  const next = nextState({ delivery, outcome, policy: { maxAttempts: null }, now: NOW, random: 0.5 });
  expect(next).toMatchObject({ status: "failed", nextAttemptAt: null });
  expect(next.reason).toContain("refused address");
});

test("a replay begins the count and the delays anew", () => {
  const now = { policy: { maxAttempts: 12 }, now: NOW, random: 0.5, outcome: FAILED };
  const anew = nextState({ ...now, delivery: { attempts: 12, attemptsAtReplay: 12 } });
  const first = nextState({ ...now, delivery: { attempts: 0, attemptsAtReplay: 0 } });
  expect(anew).toEqual(first);
});
