import { describe, expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { watchDiskSpace } from "../../../src/storage/folder/disk-space.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createRecordingLog } from "../../support/recording-log.ts";

/** Lets the code that awaits a resolved measurement run. */
const noted = () => new Promise((resolve) => setImmediate(resolve));

function watched(answers: readonly (number | Error)[]) {
  const clock = createFakeClock();
  const { log, lines } = createRecordingLog();
  const left = [...answers];
  let looks = 0;
  const disk = watchDiskSpace({
    folder: "/somewhere",
    clock,
    log,
    reserveBytes: 100,
    async measure() {
      looks++;
      const answer = left.shift() ?? 0;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  disk.start();
  async function next(): Promise<void> {
    clock.advance(2_000);
    await noted();
  }
  return { clock, disk, lines, next, looks: () => looks };
}

describe("the free space", () => {
  test("is low while less than the reserve is free, which is logged once each way", async () => {
    const { disk, lines, next } = watched([100, 99, 98, 100]);
    expect(disk.isLow()).toBe(false);
    expect(disk.find()).toBeNull();
    await noted();
    expect(disk.find()).toEqual({ freeBytes: 100, reserveBytes: 100 });
    expect(disk.isLow()).toBe(false);
    await next();
    expect(disk.isLow()).toBe(true);
    await next();
    await next();
    expect(disk.isLow()).toBe(false);
    expect(lines.map(({ level, fields }) => [level, fields.free_bytes])).toEqual([
      ["warn", 99],
      ["info", 100],
    ]);
    disk.stop();
  });

  test("is unknown while it cannot be measured, and the last report of it stands", async () => {
    const { disk, lines, next } = watched([50, new Error("gone"), new Error("gone"), 150]);
    await noted();
    await next();
    await next();
    expect(disk.find()).toBeNull();
    expect(disk.isLow()).toBe(true);
    expect(lines.filter(({ message }) => message === "the free space cannot be determined")).toHaveLength(1);
    await next();
    expect(disk.isLow()).toBe(false);
    disk.stop();
  });

  test("is no longer measured after the stop", async () => {
    const { disk, next, looks } = watched([100, 100, 100]);
    await noted();
    await next();
    disk.stop();
    await next();
    expect(looks()).toBe(2);
  });

  test("is no longer measured after a stop during a look", async () => {
    const { disk, next, looks } = watched([100, 100]);
    disk.stop();
    await noted();
    await next();
    expect(looks()).toBe(1);
  });

  test("is the folder's own by default", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const after = () => {
      resolve();
      return () => {};
    };
    const clock = { ...createFakeClock(), after };
    const disk = watchDiskSpace({ folder: tmpdir(), clock, log: createRecordingLog().log });
    disk.start();
    await promise;
    expect(disk.find()?.freeBytes).toBeGreaterThan(0);
    disk.stop();
  });
});
