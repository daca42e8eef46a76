import { expect, test } from "bun:test";
import { createPace, createRests } from "../../src/replays/replay-pace.ts";
import { createFakeClock } from "../support/fake-clock.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("steps are taken one at a time, each with a rest as long as it took before the next", async () => {
  const clock = createFakeClock();
  const { rest } = createRests(clock);
  const pace = createPace({ clock, rest });
  const begun: number[] = [];
  const step = (tookMs: number) => async () => {
    begun.push(clock.monotonic());
    clock.advance(tookMs);
  };
  const steps = [step(20), step(0), step(0)].map((each) => pace.take(each));
  for (let ms = 0; ms < 40; ms++) {
    await turn();
    clock.advance(1);
  }
  await Promise.all(steps);
  // The second step had nothing to do, and is followed by the minimum rest.
  expect(begun).toEqual([0, 40, 45]);
});

test("a rest that ends late, because the event loop is busy, is followed by more rest", async () => {
  const clock = createFakeClock();
  const rests: number[] = [];
  const pace = createPace({
    clock,
    async rest(ms) {
      rests.push(ms);
      clock.advance(rests.length === 1 ? ms + 30 : ms);
    },
  });
  await pace.take(async () => undefined);
  await pace.take(async () => undefined);
  expect(rests.slice(0, 2)).toEqual([5, 120]);
});

test("a step that fails does not stop the others", async () => {
  const clock = createFakeClock();
  const pace = createPace({ clock, rest: async () => undefined });
  const failed = pace.take(() => Promise.reject(new Error("no room on the disk")));
  await expect(failed).rejects.toThrow("no room on the disk");
  expect(await pace.take(async () => "done")).toBe("done");
});

test("rests end when the program does, and there are none afterwards", async () => {
  const { rest, end } = createRests(createFakeClock());
  const resting = rest(10_000);
  end();
  await resting;
  await rest(10_000);
});
