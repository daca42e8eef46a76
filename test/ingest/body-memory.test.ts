import { expect, test } from "bun:test";
import fc from "fast-check";
import { createBodyMemory, roomFor } from "../../src/ingest/body-memory.ts";
import { createShares, type Sender } from "../../src/ingest/body-shares.ts";
import { AppError } from "../../src/lib/errors.ts";
import { createFakeClock } from "../support/fake-clock.ts";

const ROOM = { short: 10_000, counted: 1_000_000 };
const MINE = { entrypointId: "mine", address: "192.0.2.1" };
const THEIRS = { entrypointId: "theirs", address: "192.0.2.2" };

function start() {
  const clock = createFakeClock();
  const memory = createBodyMemory({ room: ROOM, clock });
  const count = (sender: Sender) => {
    const cutOff: string[] = [];
    const body = memory.count(sender, ({ code }) => cutOff.push(code));
    return { ...body, cutOff, grows: (bytes: number) => fits(() => body.grow({ bytes, memory: bytes })) };
  };
  return { clock, memory, count };
}

function fits(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof AppError && error.kind === "unavailable") return false;
    throw error;
  }
}

test("a single entrypoint gets half of the memory, and another still gets its share", () => {
  const { count } = start();
  const first = count(MINE);
  expect(first.grows(500_000)).toBe(true);
  expect(first.grows(1)).toBe(false);
  const other = count(THEIRS);
  expect(other.grows(250_000)).toBe(true);
  expect(other.grows(1)).toBe(false);
  first.end();
  first.end();
  expect(other.grows(250_000)).toBe(true);
});

test("an address has one share over all its entrypoints, which leaves others theirs", () => {
  const { count } = start();
  for (let each = 0; each < 100; each++)
    count({ entrypointId: `e${each}`, address: "192.0.2.1" }).grows(10_000);
  const sender = { entrypointId: "mine", address: "192.0.2.1" };
  expect(count(sender).grows(10_000)).toBe(false);
  expect(count({ ...sender, address: "192.0.2.9" }).grows(10_000)).toBe(true);
});

test("a complete body holds its bytes until it is stored, and cannot stall", () => {
  const { clock, count } = start();
  const done = count(MINE);
  expect(done.grows(500_000)).toBe(true);
  done.complete(400_000);
  clock.advance(60_000);
  expect(count(MINE).grows(100_001)).toBe(false);
  expect(done.cutOff).toEqual([]);
  expect(count(MINE).grows(100_000)).toBe(true);
});

test("a stalled body is cut off if memory is full, and none while memory is free", () => {
  const { clock, count } = start();
  const stalled = count(MINE);
  expect(stalled.grows(400_000)).toBe(true);
  clock.advance(5_001);
  const quick = count(MINE);
  expect(quick.grows(100_000)).toBe(true);
  expect(stalled.cutOff).toEqual([]);
  expect(quick.grows(1)).toBe(true);
  expect(stalled.cutOff).toEqual(["too_slow"]);
  expect(quick.cutOff).toEqual([]);
});

test("64 KiB within five seconds is not stalled, and less is", () => {
  const { clock, count } = start();
  const steady = count(MINE);
  const dripping = count(MINE);
  steady.grows(200_000);
  dripping.grows(200_000);
  for (let second = 0; second < 20; second += 4) {
    clock.advance(4_000);
    steady.grow({ bytes: 64 * 1024, memory: 0 });
    dripping.grow({ bytes: 1_000, memory: 0 });
  }
  expect(count(MINE).grows(200_000)).toBe(true);
  expect([steady.cutOff, dripping.cutOff]).toEqual([[], ["too_slow"]]);
});

test("short bodies count by their Content-Length, until their memory is full", () => {
  const { memory } = start();
  expect(memory.reserve(9_999)).toBe(true);
  expect(memory.reserve(2)).toBe(false);
  expect(memory.reserve(1)).toBe(true);
  memory.release(9_999);
  expect(memory.reserve(9_999)).toBe(true);
});

test("there is memory for twelve of the largest bodies, and at least 64 MiB", () => {
  expect(roomFor(25 * 1024 * 1024).counted).toBe(300 * 1024 * 1024);
  expect(roomFor(1_000).counted).toBe(64 * 1024 * 1024);
});

test("bodies that grow and end never take more than the limit, leave memory for a new sender, and release everything", () => {
  const who = fc.record({ entrypointId: fc.constantFrom("a", "b", "c"), address: fc.constantFrom("1", "2") });
  const step = fc.record({ who, bytes: fc.nat(400), isEnd: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const shares = createShares(1_000);
      const taken: { who: Sender; bytes: number }[] = [];
      for (const { who, bytes, isEnd } of steps) {
        const last = isEnd ? taken.pop() : undefined;
        if (last) shares.add(last.who, -last.bytes);
        if (!shares.fits(who, bytes)) continue;
        shares.add(who, bytes);
        taken.push({ who, bytes });
        expect(taken.reduce((sum, each) => sum + each.bytes, 0)).toBeLessThan(1_000);
      }
      // In the worst case, three entrypoints and two addresses hold all they may.
      expect(shares.fits({ entrypointId: "new", address: "new" }, 20)).toBe(true);
      for (const { who, bytes } of taken) shares.add(who, -bytes);
      expect(shares.fits({ entrypointId: "a", address: "1" }, 500)).toBe(true);
      expect(shares.fits({ entrypointId: "a", address: "1" }, 501)).toBe(false);
    }),
  );
});
