/** How many event files a descriptor limit allows. */
import { expect, test } from "bun:test";
import { openFileLimit, readDescriptorLimit } from "../../src/storage/descriptor-limit.ts";

test("a file counts four descriptors, and half of all are left to sockets", () => {
  expect(openFileLimit(1_024)).toBe(128);
});

test("there are never fewer than eight files, nor more than are worth having", () => {
  expect(openFileLimit(0)).toBe(8);
  expect(openFileLimit(Number.MAX_SAFE_INTEGER)).toBe(1_100);
});

test("the process's own limit is read", () => {
  expect(readDescriptorLimit()).toBeGreaterThan(0);
});
