import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { afterTest, afterWish, beginTest, type Rest, waitForRest } from "../../src/delivery/throttle/rest.ts";

const MINUTE = 60_000;

type Step = Readonly<{
  ms: number;
  wish: number | null;
  event: string;
  isMixed: boolean;
  isAtFault: boolean;
}>;

const steps = fc.array(
  fc.record<Step>({
    ms: fc.nat(90_000),
    wish: fc.option(fc.integer({ min: 1, max: 60 * MINUTE })),
    event: fc.constantFrom("a", "b", "c", "d"),
    isMixed: fc.boolean(),
    isAtFault: fc.boolean(),
  }),
  { maxLength: 60 },
);

describe("a wish for rest", () => {
  test("never begins more than one attempt at a time while it is long, and never blocks for ever", () => {
    fc.assert(
      fc.property(steps, (all) => {
        let rest: Rest | null = null;
        let now = 0;
        for (const { ms, wish, event, isMixed, isAtFault } of all) {
          now += ms;
          const isTest = rest !== null && rest.testAt !== null && waitForRest(rest, now) === 0;
          if (isTest) {
            rest = beginTest(rest);
            expect(waitForRest(rest, now)).toBeNull();
            rest = afterTest(rest, { isUp: wish === null, now });
          }
          if (wish !== null)
            rest = afterWish(rest, { eventId: event, ms: wish, now, isMixed, isAtFault, isTest });
          const wait = waitForRest(rest, now);
          expect(wait).not.toBeNull();
          expect(wait ?? 0).toBeLessThanOrEqual(60 * MINUTE);
        }
      }),
    );
  });

  test("that is short is followed to the end, whoever it came for", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30_000 }), fc.boolean(), (ms, isAtFault) => {
        const rest = afterWish(null, { eventId: "a", ms, now: 5, isMixed: false, isAtFault, isTest: false });
        expect([waitForRest(rest, 5), waitForRest(rest, 5 + ms)]).toEqual([ms, 0]);
        expect(beginTest(rest)).toBe(rest);
      }),
    );
  });

  test("that is long is tested after half a minute, and followed once two events were answered so", () => {
    const wish = { ms: 10 * MINUTE, isMixed: false, isAtFault: false };
    const first = afterWish(null, { ...wish, eventId: "a", now: 0, isTest: false });
    expect(waitForRest(first, 0)).toBe(30_000);
    const again = afterWish(first, { ...wish, eventId: "a", now: 0, isTest: false });
    expect(waitForRest(again, 0)).toBe(30_000);
    const both = afterWish(again, { ...wish, eventId: "b", now: 1_000, isTest: false });
    expect(waitForRest(both, 1_000)).toBe(10 * MINUTE);
  });

  test("of an event that fails while others are taken is tested after a second, and confirms nothing", () => {
    const wish = { ms: 10 * MINUTE, now: 0, isMixed: true, isAtFault: true, isTest: true };
    let rest: Rest | null = null;
    for (const eventId of ["a", "b", "c", "d"]) rest = afterWish(rest, { ...wish, eventId });
    expect(waitForRest(rest, 0)).toBe(1_000);
  });
});
