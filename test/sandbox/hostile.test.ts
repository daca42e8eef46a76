import { afterAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import hostile from "./hostile.json" with { type: "json" };
import { changesOf, handlerOf, inputOf, openSandbox } from "./support.ts";

const MOST_MEMORY_KB = 200 * 1024;

const sandbox = openSandbox();
afterAll(() => sandbox.stop());

/** The most that any child has taken, in KB; 0 where this system does not say. */
function peakMemory(): number {
  if (process.platform !== "linux") return 0;
  const peaks = sandbox.pids().map((pid) => {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s*(\d+)/.exec(status)?.[1]);
  });
  return Math.max(0, ...peaks);
}

test.each(hostile)("$name ends, harms no other code and keeps within its memory", async ({ code }) => {
  const ran = await sandbox.run(handlerOf(code), inputOf());
  expect(ran).not.toHaveProperty("unavailable");
  expect(changesOf(await sandbox.run(handlerOf("(request) => ({ body: 1 })"), inputOf()))).toEqual({
    body: "1",
  });
  expect(peakMemory()).toBeLessThan(MOST_MEMORY_KB);
});
