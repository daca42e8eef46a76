import { describe, expect, test } from "bun:test";
import {
  areWholeHours,
  CHART_RANGES,
  spanIndex,
  spansBetween,
  spansOf,
} from "../../../src/dashboard/time/spans.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../src/lib/clock.ts";

const at = (text: string) => Date.parse(text);
const NOW = at("2026-11-29T11:37:12Z");

describe("spans of a chart", () => {
  test.each(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"])(
    "follow each other without gaps up to the present, and begin with whole hours, in %s",
    (zone) => {
      for (const range of CHART_RANGES) {
        const spans = spansOf(range, { now: NOW, zone });
        expect(areWholeHours(spans)).toBe(true);
        expect(spans.slice(1).every(({ from }, index) => from === spans[index]?.to)).toBe(true);
        expect(spanIndex(spans, NOW)).toBe(spans.length - 1);
      }
    },
  );

  test("are named and labelled in the reader's time zone", () => {
    const hours = spansOf("24h", { now: NOW, zone: "Europe/Berlin" });
    expect(hours.at(-1)).toEqual({
      from: at("2026-11-29T11:00:00Z"),
      to: at("2026-11-29T12:00:00Z"),
      name: "Sun 29 Nov, 12:00–13:00",
      tick: "12:00",
      firstMinute: "2026-11-29T12:00",
      lastMinute: "2026-11-29T12:59",
    });
    const ticks = (range: "24h" | "7d" | "30d" | "1y", zone: string) =>
      spansOf(range, { now: NOW, zone }).flatMap(({ tick }) => tick ?? []);
    expect(ticks("24h", "Europe/Berlin")).toContain("Sun 29");
    expect(ticks("24h", "Asia/Kolkata").length).toBeGreaterThan(4);
    expect(ticks("7d", "Europe/Berlin")).toHaveLength(7);
    expect(ticks("1y", "UTC").slice(-2)).toEqual(["Oct", "Nov"]);
  });

  test("have a label at any length, also of the first minutes", () => {
    for (const minutes of [1, 2, 3, 4, 7, 30, 90, 300, 3_000, 30_000]) {
      const from = at("2026-11-29T11:31:05Z");
      const spans = spansBetween({ from, to: from + minutes * MINUTE_MS, zone: "Europe/Berlin" });
      const ticks = spans.flatMap(({ tick }) => tick ?? []);
      expect([minutes, ticks.length > 0, ticks.length <= 9]).toEqual([minutes, true, true]);
    }
  });

  test("have days of 23 and 25 hours where the clocks change", () => {
    const days = spansOf("30d", { now: at("2026-11-10T12:00:00Z"), zone: "Europe/Berlin" });
    const [changed] = days.filter(({ name }) => name === "Sun 25 Oct");
    expect(changed).toMatchObject({
      from: at("2026-10-24T22:00:00Z"),
      to: at("2026-10-25T23:00:00Z"),
      lastMinute: "2026-10-25T23:59",
    });
    expect(spansOf("30d", { now: at("2026-04-05T12:00:00Z"), zone: "Europe/Berlin" })).toContainEqual(
      expect.objectContaining({
        name: "Sun 29 Mar",
        from: at("2026-03-28T23:00:00Z"),
        to: at("2026-03-29T22:00:00Z"),
      }),
    );
  });

  test("have a handy length for any time, and never more than about ninety", () => {
    const lengths = [
      30 * MINUTE_MS,
      HOUR_MS,
      5 * HOUR_MS,
      3 * DAY_MS,
      20 * DAY_MS,
      89 * DAY_MS,
      3_000 * DAY_MS,
    ];
    const spans = lengths.map((length) => spansBetween({ from: NOW - length, to: NOW, zone: "UTC" }));
    expect(spans.map(([first]) => (first ? first.to - first.from : 0) / MINUTE_MS)).toEqual([
      1,
      1,
      5,
      3 * 60,
      12 * 60,
      24 * 60,
      expect.any(Number),
    ]);
    for (const [index, each] of spans.entries()) {
      expect(each.length).toBeLessThanOrEqual(110);
      expect(spanIndex(each, NOW)).toBe(each.length - 1);
      expect(spanIndex(each, NOW - (lengths[index] ?? 0))).toBe(0);
    }
  });
});
