import { expect, test } from "bun:test";
import { newIdAt, timeOfId } from "../../src/lib/ids.ts";
import { createFakeClock } from "./fake-clock.ts";

test("advancing runs due timers in the order they are due, at their time, also those set on the way", () => {
  const clock = createFakeClock(1_000);
  const ran: string[] = [];
  const note = (name: string) => () => ran.push(`${name} ${clock.now()} ${clock.monotonic()}`);
  clock.after(30, note("late"));
  clock.after(10, () => {
    note("early")();
    clock.after(5, note("chained"));
  });
  clock.after(20, note("cancelled"))();
  clock.after(31, note("not yet"));
  clock.advance(30);
  expect(ran).toEqual(["early 1010 10", "chained 1015 15", "late 1030 30"]);
  expect(clock.now()).toBe(1_030);
});

test("jumping moves the wall clock alone", () => {
  const clock = createFakeClock(1_000);
  let ran = false;
  clock.after(10, () => {
    ran = true;
  });
  clock.jump(-500);
  expect([clock.now(), clock.monotonic(), ran]).toEqual([500, 0, false]);
  clock.advance(10);
  expect([clock.now(), clock.monotonic(), ran]).toEqual([510, 10, true]);
});

test("ids have the time of a new clock, however many others had the same", () => {
  const { now } = createFakeClock(1_000);
  let id = newIdAt(now());
  while (timeOfId(id) === now()) id = newIdAt(now());
  expect(timeOfId(newIdAt(createFakeClock(1_000).now()))).toBe(1_000);
});
