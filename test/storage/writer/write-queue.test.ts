/** Which of the waiting writes are written together. */
import { expect, test } from "bun:test";
import { newQueue, type Queue, takeGroup } from "../../../src/storage/writer/write-queue.ts";
import type { Write } from "../../../src/storage/writer/writes.ts";

const NO_BYTES = { bytes: 0, due: false };

function write(durable: boolean): Write {
  return { ...NO_BYTES, durable, apply: () => {}, resolve: () => {}, reject: () => {} };
}

/** Events and results in turn. */
function wait(queue: Queue, events: number, results: number): readonly Write[] {
  const most = Math.max(events, results);
  const writes = Array.from({ length: most }, (_, n) => [
    ...(n < events ? [write(true)] : []),
    ...(n < results ? [write(false)] : []),
  ]).flat();
  queue.writes.push(...writes);
  return writes;
}

test("few writes are one group, in their order", () => {
  const queue = newQueue("w");
  for (const [events, results] of [
    [3, 2],
    [100, 11],
    [11, 100],
  ] as const) {
    const writes = wait(queue, events, results);
    expect(takeGroup(queue)).toEqual(writes);
    expect(queue).toMatchObject({ writes: [], hasLeftOthers: false });
  }
});

test("of many events and many results the events go first, and the results next, with whatever has come", () => {
  const queue = newQueue("w");
  const writes = wait(queue, 40, 30);
  expect(takeGroup(queue)).toEqual(writes.filter(({ durable }) => durable));
  expect(queue.hasLeftOthers).toBe(true);
  const late = wait(queue, 20, 20);
  expect(takeGroup(queue)).toEqual([...writes.filter(({ durable }) => !durable), ...late]);
  expect(queue).toMatchObject({ writes: [], hasLeftOthers: false });
});

test("a group has its limit; what is beyond it is the next", () => {
  const queue = newQueue("w");
  const writes = wait(queue, 300, 300);
  const taken = [takeGroup(queue), takeGroup(queue), takeGroup(queue)];
  expect(taken.map((group) => group.length)).toEqual([256, 172, 172]);
  expect(taken.flat()).toHaveLength(writes.length);
  expect(new Set(taken.flat())).toEqual(new Set(writes));
});
