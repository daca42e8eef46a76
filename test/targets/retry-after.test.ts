import { expect, test } from "bun:test";
import { retryAfterMs } from "../../src/targets/retry-after.ts";

const now = Date.UTC(2026, 0, 1);
const wait = (value: string, statusCode = 429) =>
  retryAfterMs({ statusCode, headers: [["retry-AFTER", value]], now });

test("seconds and HTTP dates are read", () => {
  expect(wait("120")).toBe(120_000);
  expect(wait(" 0 ")).toBe(0);
  expect(wait("1.5")).toBe(1_500);
  expect(wait("Thu, 01 Jan 2026 00:00:30 GMT")).toBe(30_000);
  expect(wait("Thursday, 01-Jan-26 00:00:30 GMT", 503)).toBe(30_000);
  expect(wait("Thu Jan  1 00:00:30 2026")).toBe(30_000);
});

test("a past date means now, and no delay is longer than a day", () => {
  expect(wait("Wed, 31 Dec 2025 00:00:00 GMT")).toBe(0);
  expect(wait("999999999999999999999")).toBe(86_400_000);
  expect(wait("Thu, 01 Jan 2099 00:00:00 GMT")).toBe(86_400_000);
});

test("unreadable values, and values with another status, are ignored", () => {
  for (const value of ["", "soon", "-5", "1e9", "2026-01-01T00:00:30Z", "Thu, nonsense"]) {
    expect([value, wait(value)]).toEqual([value, null]);
  }
  expect(wait("120", 500)).toBeNull();
  expect(retryAfterMs({ statusCode: 429, headers: [], now })).toBeNull();
});
