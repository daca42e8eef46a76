/** How a descriptor limit is divided. */
import { expect, test } from "bun:test";
import { readDescriptorLimit, shareDescriptors } from "../../src/lib/descriptor-budget.ts";

test("half of the remaining descriptors goes to files, an eighth to attempts and a sixteenth each to idle connections", () => {
  expect(shareDescriptors(40 + 960)).toEqual({ openFiles: 64, attempts: 120, idleConnections: 60 });
});

test("there are never more files than are worthwhile", () => {
  expect(shareDescriptors(Number.MAX_SAFE_INTEGER).openFiles).toBe(1_100);
});

test("a limit that is too low is refused with a hint", () => {
  expect(shareDescriptors(192).openFiles).toBeGreaterThanOrEqual(8);
  expect(() => shareDescriptors(191)).toThrow("The limit of open files and connections (191) is too low");
});

test("the process's own limit is read", () => {
  expect(readDescriptorLimit()).toBeGreaterThan(0);
});
