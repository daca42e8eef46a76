import { expect, test } from "bun:test";
import { watchRecentLag } from "../../src/observability/recent-lag.ts";
import { createFakeClock } from "../support/fake-clock.ts";

test("the longest lag of the last minute is known, and no older one", async () => {
  const clock = createFakeClock();
  const timers: (() => void)[] = [];
  let late = 0;
  const watch = watchRecentLag({
    ...clock,
    monotonic: () => clock.monotonic() + late,
    after(ms, run) {
      timers.push(run);
      return clock.after(ms, () => {});
    },
  });
  /** One second passes, and the timer runs this much later. */
  const tick = (lateMs: number) => {
    clock.advance(1_000);
    late += lateMs;
    timers.shift()?.();
  };
  watch.start();
  expect(watch.longestMs()).toBeNull();
  tick(3);
  tick(40);
  tick(0);
  expect(watch.longestMs()).toBe(40);
  for (let second = 0; second < 60; second++) tick(1);
  expect(watch.longestMs()).toBe(1);
  watch.stop();
});
