import { expect, test } from "bun:test";
import { createAlarm } from "../../src/lib/alarm.ts";
import { createFakeClock } from "../support/fake-clock.ts";

function setUp() {
  const clock = createFakeClock();
  const rings: number[] = [];
  const alarm = createAlarm(clock, () => rings.push(clock.monotonic()));
  return { clock, rings, alarm };
}

test("it rings once, at the earliest of the requested times", () => {
  const { clock, rings, alarm } = setUp();
  for (const ms of [50, 20, 30]) alarm.ringIn(ms);
  clock.advance(100);
  expect(rings).toEqual([20]);
});

test("after it rang it can be set again, also while it rings", () => {
  const clock = createFakeClock();
  const rings: number[] = [];
  const alarm = createAlarm(clock, () => {
    rings.push(clock.monotonic());
    if (rings.length < 3) alarm.ringIn(10);
  });
  alarm.ringIn(10);
  clock.advance(100);
  expect(rings).toEqual([10, 20, 30]);
  alarm.ringIn(500);
  clock.advance(500);
  expect(rings).toEqual([10, 20, 30, 600]);
});

test("a time that has passed rings at once", () => {
  const { clock, rings, alarm } = setUp();
  alarm.ringIn(-5_000);
  clock.advance(0);
  expect(rings).toEqual([0]);
});

test("setting the wall clock does not move it", () => {
  const { clock, rings, alarm } = setUp();
  alarm.ringIn(10);
  clock.jump(-86_400_000);
  clock.advance(10);
  expect(rings).toEqual([10]);
});

test("once stopped it neither rings nor can be set", () => {
  const { clock, rings, alarm } = setUp();
  alarm.ringIn(10);
  alarm.stop();
  alarm.ringIn(5);
  clock.advance(100);
  expect(rings).toEqual([]);
});
