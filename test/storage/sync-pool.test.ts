/** Many syncs at once, on the runtime's threads and on workers: each is answered for its own descriptor. */
import { afterAll, afterEach, describe, expect, spyOn, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createSyncPool } from "../../src/storage/sync-pool.ts";

const folder = mkdtempSync(join(tmpdir(), "webhooker-sync-"));
const pools: ReturnType<typeof createSyncPool>[] = [];

function pool(runtimeThreads: number, script?: URL) {
  const made = createSyncPool(script ? { runtimeThreads, script } : { runtimeThreads });
  pools.push(made);
  return made;
}

afterAll(() => rmSync(folder, { recursive: true }));

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
});

test("of many that a worker gets at once, each is answered for its own", async () => {
  const good = openSync(join(folder, "good"), "w");
  const bad = openSync(join(folder, "bad"), "w");
  closeSync(bad);
  const given = spyOn(Worker.prototype, "postMessage");
  const { sync } = pool(0);
  // The disk shows how fast it is.
  for (let n = 0; n < 30; n++) await Promise.all(Array.from({ length: 16 }, () => sync(good)));
  const before = given.mock.calls.length;
  const isBad = Array.from({ length: 200 }, (_, n) => n % 7 === 3);
  const ended = await Promise.allSettled(isBad.map((each) => sync(each ? bad : good)));
  expect(ended.map(({ status }) => status === "rejected")).toEqual(isBad);
  expect(given.mock.calls.length - before).toBeLessThan(100);
  given.mockRestore();
  closeSync(good);
});

describe("a worker that ends without an error", () => {
  function scripted(code: string): URL {
    const path = join(mkdtempSync(join(tmpdir(), "webhooker-sync-")), "ending-worker.ts");
    writeFileSync(path, code);
    return pathToFileURL(path);
  }

  test("fails what it was given, as that may not be on disk", async () => {
    const { sync } = pool(0, scripted("self.onmessage = () => process.exit(0);"));
    const ended = await Promise.allSettled([sync(1), sync(1), sync(1)]);
    expect(ended.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  });

  test("while it is idle is given nothing more", async () => {
    const workers: Worker[] = [];
    const original = globalThis.Worker;
    globalThis.Worker = class extends original {
      constructor(...given: ConstructorParameters<typeof original>) {
        super(...given);
        workers.push(this);
      }
    };
    const answersOnce = `self.onmessage = () => { self.postMessage({ ms: 1, faults: null }); setTimeout(() => process.exit(0)); };`;
    const { sync } = pool(0, scripted(answersOnce));
    try {
      await sync(1);
      await new Promise((resolve) => workers[0]?.addEventListener("close", resolve));
      await sync(1);
      expect(workers).toHaveLength(2);
    } finally {
      globalThis.Worker = original;
    }
  });
});
