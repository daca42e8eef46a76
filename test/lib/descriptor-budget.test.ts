/** How a descriptor limit is shared out. */
import { expect, test } from "bun:test";
import { readDescriptorLimit, shareDescriptors } from "../../src/lib/descriptor-budget.ts";

test("half of what is not needed elsewhere goes to files, and an eighth and two sixteenths to targets", () => {
  expect(shareDescriptors(40 + 960)).toEqual({ openFiles: 64, attempts: 120, idleConnections: 60 });
});

test("there are never more files than are worth having", () => {
  expect(shareDescriptors(Number.MAX_SAFE_INTEGER).openFiles).toBe(1_100);
});

test("a limit under which nothing would work is refused, with how to raise it", () => {
  expect(shareDescriptors(192).openFiles).toBeGreaterThanOrEqual(8);
  expect(() => shareDescriptors(191)).toThrow("The limit of open files and connections (191) is too low");
});

test("the process's own limit is read", () => {
  expect(readDescriptorLimit()).toBeGreaterThan(0);
});
