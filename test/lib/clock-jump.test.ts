import { expect, test } from "bun:test";
import { createClockJumpDetector } from "../../src/lib/clock-jump.ts";
import { createFakeClock } from "../support/fake-clock.ts";

test("elapsed time is no jump", () => {
  const clock = createFakeClock();
  const jump = createClockJumpDetector(clock);
  clock.advance(86_400_000);
  expect(jump()).toBe(0);
});

test("a jump in either direction is reported once, with its size", () => {
  const clock = createFakeClock();
  const jump = createClockJumpDetector(clock);
  clock.advance(5_000);
  clock.jump(-86_400_000);
  clock.advance(5_000);
  expect([jump(), jump()]).toEqual([-86_400_000, 0]);
  clock.jump(3_600_000);
  expect([jump(), jump()]).toEqual([3_600_000, 0]);
});

test("small corrections are ignored until they add up", () => {
  const clock = createFakeClock();
  const jump = createClockJumpDetector(clock);
  const told = Array.from({ length: 6 }, () => {
    clock.jump(-300);
    return jump();
  });
  expect(told).toEqual([0, 0, 0, -1_200, 0, 0]);
});
