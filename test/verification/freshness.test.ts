import { expect, test } from "bun:test";
import { judgeFreshness, parseTimestamp as parseAt } from "../../src/verification/freshness.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const parseTimestamp = (text: string) => parseAt(text, NOW);

test("a number's size decides whether it is seconds, milliseconds or finer, with bounds that leave no other reading", () => {
  expect(parseTimestamp("1767323045")).toBe(1_767_323_045_000);
  expect(parseTimestamp("99999999999")).toBe(99_999_999_999_000);
  expect(parseTimestamp("100000000000")).toBe(100_000_000_000);
  expect(parseTimestamp("99999999999999")).toBe(99_999_999_999_999);
  expect(parseTimestamp("100000000000000")).toBe(100_000_000_000);
  expect(parseTimestamp("99999999999998976")).toBe(99_999_999_999_999);
  expect(parseTimestamp("100000000000000000")).toBe(100_000_000_000);
  expect(parseTimestamp("1767323045.678")).toBe(NOW);
  for (const [digits, factor] of [
    ["1767323045678", 1],
    ["1767323045678000", 1_000],
    ["1767323045678000000", 1_000_000],
  ] as const)
    expect([factor, parseTimestamp(digits)]).toEqual([factor, NOW]);
});

test("ISO 8601 and dates of HTTP are accepted as timestamps, in UTC if they name no zone, and no other text", () => {
  for (const text of [
    "2026-01-02T03:04:05.678Z",
    "2026-01-02T04:04:05.678123+01:00",
    "2026-01-02T04:04:05.678+0100",
    "2026-01-02T03:04:05.678",
    "2026-01-02T03:04:05.678901234",
    "2026-01-02 03:04:05.678 UTC",
  ])
    expect([text, parseTimestamp(text)]).toEqual([text, NOW]);
  expect(parseTimestamp("Fri, 02 Jan 2026 03:04:05 GMT")).toBe(NOW - 678);
  for (const text of [
    "",
    " ",
    "-1",
    "1e9",
    "0x10",
    "1.",
    ".5",
    "12345678901234567890",
    "2026-01-02",
    "2026-01-02T03:04",
    "2026-13-02T03:04:05",
    "2026-01-02T03:04:05+1",
    "now",
    "NaN",
  ])
    expect([text, parseTimestamp(text)]).toEqual([text, null]);
});

test("a timestamp is fresh up to exactly the tolerance, in both directions", () => {
  const isFresh = (time: number) =>
    judgeFreshness({ timestamp: String(time), receivedAt: NOW, toleranceSeconds: 300 }).accepted;
  expect([-300_000, 300_000].map((away) => isFresh(NOW + away))).toEqual([true, true]);
  expect([-300_001, 300_001].map((away) => isFresh(NOW + away))).toEqual([false, false]);
});
