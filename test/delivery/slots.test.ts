import { expect, test } from "bun:test";
import fc from "fast-check";
import { Places, type Share, SLOW_AFTER_MS } from "../../src/delivery/slots.ts";

let lastId = 0;

function fill(places: Places, share: Share, at: number): string[] {
  const ids: string[] = [];
  for (let room = places.room(share); room > 0; room--) {
    const id = String(++lastId);
    places.begin(share, id, at);
    ids.push(id);
  }
  return ids;
}

test("a target that answers well earns more attempts at once, up to a limit", () => {
  const places = new Places();
  const share = places.newShare();
  expect(places.room(share)).toBe(8);
  for (let round = 0; round < 10; round++) {
    for (const id of fill(places, share, 0)) places.end(share, id, { succeeded: true, now: 1 });
  }
  expect(places.room(share)).toBe(64);
});

test("a failure halves what a target may have at once, and one attempt always remains", () => {
  const places = new Places();
  const share = places.newShare();
  const limits = Array.from({ length: 5 }, () => {
    places.begin(share, "a", 0);
    places.end(share, "a", { succeeded: false, now: 1 });
    return places.room(share);
  });
  expect(limits).toEqual([4, 2, 1, 1, 1]);
});

test("lanes that turn slow give their places up to others, and take them back when they recover", () => {
  const places = new Places();
  const slow = Array.from({ length: 32 }, () => places.newShare());
  const ids = slow.map((share) => fill(places, share, 0));
  expect(places.inFlight).toBe(256);
  const healthy = places.newShare();
  expect(places.room(healthy)).toBe(0);
  for (const share of slow) places.review(share, SLOW_AFTER_MS);
  expect(places.room(healthy)).toBe(0);
  for (const share of slow) places.review(share, SLOW_AFTER_MS + 1);
  healthy.hasSucceeded = true;
  expect(places.room(healthy)).toBe(8);
  slow.forEach((share, index) => {
    for (const id of ids[index] ?? []) places.end(share, id, { succeeded: true, now: SLOW_AFTER_MS + 2 });
  });
  expect(slow.every((share) => !share.suspect)).toBe(true);
  expect(places.inFlight).toBe(0);
});

test("failing lanes share places of their own, so that a healthy one finds all of its", () => {
  const places = new Places();
  const failing = Array.from({ length: 400 }, () => {
    const share = places.newShare();
    places.begin(share, "first", 0);
    places.end(share, "first", { succeeded: false, now: 1 });
    return share;
  });
  for (const share of failing) fill(places, share, 2);
  expect(places.inFlight).toBe(256);
  const healthy = places.newShare();
  healthy.hasSucceeded = true;
  expect(places.room(healthy)).toBe(8);
});

test("in an outage of many, what runs at once has an end, and a target that never answered is asked once", () => {
  const places = new Places();
  let now = 0;
  const shares: Share[] = [];
  for (let wave = 0; wave < 40; wave++) {
    for (let each = 0; each < 256; each++) {
      const share = places.newShare();
      fill(places, share, now);
      shares.push(share);
    }
    now += SLOW_AFTER_MS + 1;
    for (const share of shares) places.review(share, now);
  }
  expect(places.inFlight).toBe(1_024);
  const unknown = shares.filter((share) => share.inFlight.size > 0).slice(64);
  expect(Math.max(...unknown.map((share) => share.inFlight.size))).toBe(1);
});

test("large bodies leave room for fewer attempts at once, and for one always", () => {
  const places = new Places();
  const share = places.newShare();
  share.limit = 64;
  const roomAt = (bodyBytes: number) => {
    share.bodyBytes = bodyBytes;
    return places.room(share);
  };
  expect([0, 1_024, 1 << 20, 8 << 20, 25 << 20, 64 << 20].map(roomAt)).toEqual([64, 64, 32, 4, 1, 1]);
});

type Step = { lane: number; act: "begin" | "succeed" | "fail" | "review"; ms: number };

test("whatever happens, what is counted is what is in flight, and no limit is passed", () => {
  const step = fc.record<Step>({
    lane: fc.nat(11),
    act: fc.constantFrom("begin", "succeed", "fail", "review"),
    ms: fc.nat(1_500),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const places = new Places();
      const shares = Array.from({ length: 12 }, () => places.newShare());
      let now = 0;
      for (const { lane, act, ms } of steps) {
        now += ms;
        const share = shares[lane];
        if (!share) continue;
        const [oldest] = share.inFlight.keys();
        if (act === "begin") fill(places, share, now);
        else if (act === "review") places.review(share, now);
        else if (oldest !== undefined) places.end(share, oldest, { succeeded: act === "succeed", now });

        const counted = shares.reduce((sum, each) => sum + each.inFlight.size, 0);
        expect(places.inFlight).toBe(counted);
        for (const each of shares) {
          expect(each.limit).toBeGreaterThanOrEqual(1);
          expect(each.limit).toBeLessThanOrEqual(64);
          expect(places.room(each)).toBeGreaterThanOrEqual(0);
        }
      }
      for (const share of shares) {
        for (const id of [...share.inFlight.keys()]) places.end(share, id, { succeeded: true, now });
      }
      // The pools are even again: every lane finds its own limit.
      expect(places.inFlight).toBe(0);
      for (const share of shares) expect(places.room(share)).toBe(share.limit);
    }),
  );
});
