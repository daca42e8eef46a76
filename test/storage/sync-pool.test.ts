/** Many syncs at once, on the runtime's threads and on workers: each is answered for its own descriptor. */
import { afterEach, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSyncPool } from "../../src/storage/sync-pool.ts";

const folder = mkdtempSync(join(tmpdir(), "webhooker-sync-"));
const pools: ReturnType<typeof createSyncPool>[] = [];

function pool(runtimeThreads: number) {
  const made = createSyncPool(runtimeThreads);
  pools.push(made);
  return made;
}

afterEach(() => {
  for (const each of pools.splice(0)) each.stop();
});

test("syncs beyond the runtime's threads and beyond the workers are all answered", async () => {
  const descriptor = openSync(join(folder, "many"), "w");
  writeSync(descriptor, "x");
  const { sync } = pool(1);
  await Promise.all(Array.from({ length: 60 }, () => sync(descriptor)));
  // Whoever is idle again takes the next ones.
  await Promise.all(Array.from({ length: 60 }, () => sync(descriptor)));
  closeSync(descriptor);
});

test("a descriptor that cannot be synced fails alone, on either kind of thread", async () => {
  const good = openSync(join(folder, "good"), "w");
  const bad = openSync(join(folder, "bad"), "w");
  closeSync(bad);
  for (const runtimeThreads of [0, 8]) {
    const { sync } = pool(runtimeThreads);
    const ended = await Promise.allSettled([sync(good), sync(bad), sync(good)]);
    expect(ended.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  }
  closeSync(good);
  rmSync(folder, { recursive: true });
});
