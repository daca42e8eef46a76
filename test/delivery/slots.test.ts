import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Share, SLOW_AFTER_MS, Slots } from "../../src/delivery/slots.ts";

let lastId = 0;

function fill(slots: Slots, share: Share, at: number): string[] {
  const ids: string[] = [];
  for (let room = slots.room(share); room > 0; room--) {
    const id = String(++lastId);
    slots.begin(share, id, at);
    ids.push(id);
  }
  return ids;
}

test("a target that answers well earns more attempts at once, up to a limit", () => {
  const slots = new Slots();
  const share = slots.newShare();
  expect(slots.room(share)).toBe(8);
  for (let round = 0; round < 10; round++) {
    for (const id of fill(slots, share, 0)) slots.end(share, id, { succeeded: true, now: 1 });
  }
  expect(slots.room(share)).toBe(64);
});

test("a failure halves what a target may have at once, and one attempt always remains", () => {
  const slots = new Slots();
  const share = slots.newShare();
  const limits = Array.from({ length: 5 }, () => {
    slots.begin(share, "a", 0);
    slots.end(share, "a", { succeeded: false, now: 1 });
    return slots.room(share);
  });
  expect(limits).toEqual([4, 2, 1, 1, 1]);
});

test("targets that turn slow give their slots up to others, and take them back when they recover", () => {
  const slots = new Slots();
  const slow = Array.from({ length: 32 }, () => slots.newShare());
  const ids = slow.map((share) => fill(slots, share, 0));
  expect(slots.inFlight).toBe(256);
  const healthy = slots.newShare();
  expect(slots.room(healthy)).toBe(0);
  for (const share of slow) slots.review(share, SLOW_AFTER_MS);
  expect(slots.room(healthy)).toBe(0);
  for (const share of slow) slots.review(share, SLOW_AFTER_MS + 1);
  healthy.hasSucceeded = true;
  expect(slots.room(healthy)).toBe(8);
  slow.forEach((share, index) => {
    for (const id of ids[index] ?? []) slots.end(share, id, { succeeded: true, now: SLOW_AFTER_MS + 2 });
  });
  expect(slow.every((share) => share.isHealthy)).toBe(true);
  expect(slots.inFlight).toBe(0);
});

test("failing targets share slots of their own, so that a healthy one finds all of its", () => {
  const slots = new Slots();
  const failing = Array.from({ length: 400 }, () => {
    const share = slots.newShare();
    slots.begin(share, "first", 0);
    slots.end(share, "first", { succeeded: false, now: 1 });
    return share;
  });
  for (const share of failing) fill(slots, share, 2);
  expect(slots.inFlight).toBe(256);
  const healthy = slots.newShare();
  healthy.hasSucceeded = true;
  expect(slots.room(healthy)).toBe(8);
});

test("in an outage of many, what runs at once has an end, and a target that never answered is asked once", () => {
  const slots = new Slots();
  let now = 0;
  const shares: Share[] = [];
  for (let wave = 0; wave < 40; wave++) {
    for (let each = 0; each < 256; each++) {
      const share = slots.newShare();
      fill(slots, share, now);
      shares.push(share);
    }
    now += SLOW_AFTER_MS + 1;
    for (const share of shares) slots.review(share, now);
  }
  expect(slots.inFlight).toBe(1_024);
  const unknown = shares.filter((share) => share.inFlight.size > 0).slice(64);
  expect(Math.max(...unknown.map((share) => share.inFlight.size))).toBe(1);
});

test("large bodies leave room for fewer attempts at once, and for one always", () => {
  const slots = new Slots();
  const share = slots.newShare();
  share.limit = 64;
  const roomAt = (bodyBytes: number) => {
    share.bodyBytes = bodyBytes;
    return slots.room(share);
  };
  expect([0, 1_024, 1 << 20, 8 << 20, 25 << 20, 64 << 20].map(roomAt)).toEqual([64, 64, 32, 4, 1, 1]);
});

type Step = { target: number; act: "begin" | "succeed" | "fail" | "review"; ms: number };

test("whatever happens, what is counted is what is in flight, and no limit is passed", () => {
  const step = fc.record<Step>({
    target: fc.nat(11),
    act: fc.constantFrom("begin", "succeed", "fail", "review"),
    ms: fc.nat(1_500),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const slots = new Slots();
      const shares = Array.from({ length: 12 }, () => slots.newShare());
      let now = 0;
      for (const { target, act, ms } of steps) {
        now += ms;
        const share = shares[target];
        if (!share) continue;
        const [oldest] = share.inFlight.keys();
        if (act === "begin") fill(slots, share, now);
        else if (act === "review") slots.review(share, now);
        else if (oldest !== undefined) slots.end(share, oldest, { succeeded: act === "succeed", now });

        const counted = shares.reduce((sum, each) => sum + each.inFlight.size, 0);
        expect(slots.inFlight).toBe(counted);
        for (const each of shares) {
          expect(each.limit).toBeGreaterThanOrEqual(1);
          expect(each.limit).toBeLessThanOrEqual(64);
          expect(slots.room(each)).toBeGreaterThanOrEqual(0);
        }
      }
      for (const share of shares) {
        for (const id of [...share.inFlight.keys()]) slots.end(share, id, { succeeded: true, now });
      }
      // Both pools are empty again: every target has room for its own limit.
      expect(slots.inFlight).toBe(0);
      for (const share of shares) expect(slots.room(share)).toBe(share.limit);
    }),
  );
});
