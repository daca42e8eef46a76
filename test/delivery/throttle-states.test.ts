/** The pure state machines of the throttle keep their promises whatever happens. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  afterAttempt,
  afterProbe,
  beginProbe,
  type Circuit,
  type CircuitPolicy,
  CLOSED,
  type Sign,
  waitForCircuit,
} from "../../src/delivery/throttle/circuit.ts";
import {
  advance,
  estimateMs,
  newRamp,
  slowDown,
  take,
  waitForCredit,
} from "../../src/delivery/throttle/ramp.ts";
import {
  allowance,
  FRESH,
  isForgettable,
  type RateLimit,
  spend,
  stateAfter,
  waitMs,
} from "../../src/delivery/throttle/rate.ts";

const rates = fc.record<RateLimit>({
  limit: fc.integer({ min: 1, max: 5_000 }),
  periodMs: fc.constantFrom(1_000, 60_000, 3_600_000),
});

describe("a rate", () => {
  test("is never passed within any period, however the looks at it fall", () => {
    const looks = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(rates, looks, fc.integer({ min: 1, max: 64 }), (rate, gaps, most) => {
        let state = FRESH;
        let now = 1_000_000;
        const begun: { at: number; count: number }[] = [];
        for (const gap of gaps) {
          now += (gap * rate.periodMs) / 10_000;
          const count = Math.min(most, allowance(state, rate, now));
          if (count === 0) continue;
          state = spend(state, rate, { now, count });
          begun.push({ at: now, count });
        }
        for (const [first, { at }] of begun.entries()) {
          const within = begun.slice(first).filter((each) => each.at < at + rate.periodMs);
          expect(within.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(rate.limit);
        }
      }),
    );
  });

  test("is nearly reached by one that always waits as long as it is told", () => {
    fc.assert(
      fc.property(rates, (rate) => {
        let state = FRESH;
        let now = 5_000;
        let count = 0;
        const end = now + 20 * rate.periodMs;
        for (let turns = 0; now < end && turns < 20_000; turns++) {
          const wait = waitMs(state, rate, now);
          if (wait > 0) {
            now += wait;
            continue;
          }
          const some = allowance(state, rate, now);
          state = spend(state, rate, { now, count: some });
          count += some;
        }
        const reached = (count / rate.limit) * (rate.periodMs / (now - 5_000));
        expect(reached).toBeGreaterThan(0.85);
      }),
      { numRuns: 50 },
    );
  });

  test("that is made slower or faster never blocks longer than the new one would", () => {
    fc.assert(
      fc.property(rates, rates, (before, after) => {
        const state = spend(FRESH, before, { now: 0, count: allowance(FRESH, before, 0) });
        expect(waitMs(state, after, 0)).toBeLessThanOrEqual(after.periodMs + 1);
      }),
    );
  });

  test("goes on after a restart as though all of it had been used", () => {
    const rate = { limit: 1, periodMs: 3_600_000 };
    const state = stateAfter(1_000, rate);
    expect(waitMs(state, rate, 1_000)).toBe(3_600_000);
    expect(allowance(state, rate, 3_601_000)).toBe(1);
    expect([isForgettable(FRESH, 0), isForgettable(state, 1_000)]).toEqual([true, false]);
  });
});

type Step = { sign: Sign; ms: number };
const policies = fc.record<CircuitPolicy>({
  failures: fc.option(fc.integer({ min: 1, max: 12 })),
  failureRate: fc.option(fc.constantFrom(0.1, 0.5, 1)),
});
const steps = fc.array(
  fc.record<Step>({ sign: fc.constantFrom("up", "down", "down", "unclear"), ms: fc.nat(400_000) }),
  { maxLength: 200 },
);

describe("a circuit", () => {
  test("opens only for what its policy says, probes one at a time, and closes when a probe succeeds", () => {
    fc.assert(
      fc.property(policies, steps, fc.double({ min: 0, max: 0.999, noNaN: true }), (policy, all, random) => {
        let circuit: Circuit = CLOSED;
        let now = 0;
        let inRow = 0;
        for (const { sign, ms } of all) {
          now += ms;
          const before = circuit.state;
          if (before === "closed") {
            circuit = afterAttempt(circuit, policy, { sign, now, random });
            inRow = sign === "up" ? 0 : inRow + (sign === "down" ? 1 : 0);
            if (policy.failures !== null && inRow >= policy.failures) expect(circuit.state).toBe("open");
            if (policy.failures === null && policy.failureRate === null) expect(circuit.state).toBe("closed");
            if (circuit.state === "open") expect(sign).toBe("down");
            continue;
          }
          inRow = 0;
          const wait = waitForCircuit(circuit, now);
          expect(wait).toBeLessThanOrEqual(330_000);
          // A failure of an attempt that began before says nothing now.
          expect(afterAttempt(circuit, policy, { sign, now, random })).toBe(circuit);
          if (wait !== 0) continue;
          circuit = beginProbe(circuit);
          expect(waitForCircuit(circuit, now)).toBeNull();
          circuit = afterProbe(circuit, { sign, now, random });
          expect(circuit.state).toBe(sign === "up" ? "closed" : "open");
        }
      }),
    );
  });

  test("is probed at growing intervals, up to five minutes", () => {
    const given = { sign: "down", now: 0, random: 0.5 } as const;
    let circuit: Circuit = CLOSED;
    for (let failure = 0; failure < 10; failure++) {
      expect(circuit.state).toBe("closed");
      circuit = afterAttempt(circuit, { failures: 10, failureRate: null }, given);
    }
    const waits: (number | null)[] = [];
    for (let probe = 0; probe < 7; probe++) {
      waits.push(waitForCircuit(circuit, 0));
      circuit = afterProbe(beginProbe(circuit), given);
    }
    expect(waits).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
  });

  test("opens at a share of failures, of attempts that are not too few or too old", () => {
    const policy = { failures: null, failureRate: 0.5 };
    const run = (signs: readonly Sign[], msEach: number) =>
      signs.reduce<Circuit>(
        (circuit, sign, index) => afterAttempt(circuit, policy, { sign, now: index * msEach, random: 0.5 }),
        CLOSED,
      );
    const mixed = Array.from({ length: 20 }, (_, index): Sign => (index % 2 === 0 ? "up" : "down"));
    expect(run(mixed.slice(0, 18), 10).state).toBe("closed");
    expect(run(mixed, 10)).toMatchObject({ state: "open", reason: "10 of the last 20 attempts failed." });
    expect(run(mixed, 5_000).state).toBe("closed");
  });
});

describe("a drain", () => {
  test("never releases more than a rate that doubles every ten seconds, and estimates how long it takes", () => {
    let ramp = newRamp(0);
    let gone = 0;
    let now = 0;
    const estimate = estimateMs(ramp, 20_000);
    while (gone < 20_000) {
      now += 50;
      ramp = advance(ramp, now);
      const count = Math.floor(ramp.credit);
      ramp = take(ramp, count);
      gone += count;
      expect(ramp.rate).toBeLessThanOrEqual(Math.min(1_024, 2 * 2 ** (now / 10_000)) + 1e-6);
    }
    expect(now).toBeGreaterThan(90_000);
    expect(Math.abs(now - estimate) / now).toBeLessThan(0.05);
  });

  test("stands still while the target fails, and while it takes less than it may", () => {
    const risen = advance(newRamp(0), 400);
    const slowed = slowDown({ ...risen, rate: 64 }, 400);
    expect(slowed.rate).toBe(32);
    expect(slowDown(slowed, 500)).toBe(slowed);
    expect(advance(take(slowed, 1), 800).rate).toBe(32);
    const unused = advance({ ...risen, rate: 64, credit: 64 }, 10_000);
    expect([unused.rate, unused.credit]).toEqual([64, 64]);
  });

  test("says when the next may go, and that one may", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 1_000 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (rate, credit) => {
          const ramp = { rate, credit, at: 0, risesFrom: 0 };
          expect(advance(ramp, waitForCredit(ramp)).credit).toBeGreaterThanOrEqual(1 - 1e-9);
        },
      ),
    );
  });
});
