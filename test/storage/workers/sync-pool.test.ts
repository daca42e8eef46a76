/** Many syncs at once up to a limit, each answered for its own descriptor. */
import { afterAll, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSyncPool } from "../../../src/storage/workers/sync-pool.ts";

const folder = mkdtempSync(join(tmpdir(), "webhooker-sync-"));

afterAll(() => rmSync(folder, { recursive: true }));

/** System calls that end when the test ends them. */
function heldCalls() {
  const calls: { descriptor: number; end: (error: Error | null) => void }[] = [];
  const systemCall = (descriptor: number, end: (error: Error | null) => void) => {
    calls.push({ descriptor, end });
  };
  return { calls, systemCall };
}

test("four threads stay free for other work, and waiting syncs follow in order", async () => {
  const { calls, systemCall } = heldCalls();
  const sync = createSyncPool(6, systemCall);
  const all = [11, 12, 13, 14].map(sync);
  const begun = () => calls.map(({ descriptor }) => descriptor);
  expect(begun()).toEqual([11, 12]);
  calls[1]?.end(null);
  expect(begun()).toEqual([11, 12, 13]);
  // A sync that fails frees its slot too.
  calls[0]?.end(new Error("the disk is gone"));
  expect(begun()).toEqual([11, 12, 13, 14]);
  calls[2]?.end(null);
  calls[3]?.end(null);
  const ended = await Promise.allSettled(all);
  expect(ended.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled", "fulfilled"]);
  void sync(15);
  void sync(16);
  void sync(17);
  expect(begun()).toEqual([11, 12, 13, 14, 15, 16]);
});

test("only the descriptors that cannot be synced fail", async () => {
  const good = openSync(join(folder, "good"), "w");
  writeSync(good, "x");
  const bad = openSync(join(folder, "bad"), "w");
  closeSync(bad);
  const sync = createSyncPool(32);
  const isBad = Array.from({ length: 200 }, (_, n) => n % 7 === 3);
  const ended = await Promise.allSettled(isBad.map((each) => sync(each ? bad : good)));
  expect(ended.map(({ status }) => status === "rejected")).toEqual(isBad);
  closeSync(good);
});
