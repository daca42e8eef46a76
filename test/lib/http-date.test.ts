import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseHttpDate } from "../../src/lib/http-date.ts";

const NOW = Date.UTC(2026, 0, 1);
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** The same moment in each of the three forms. */
function formsOf(at: Date): string[] {
  const [weekday = "", day = "", month = "", year = "", time = ""] = at.toUTCString().split(/,? /);
  const long = DAYS[at.getUTCDay()] ?? "";
  return [
    `${weekday}, ${day} ${month} ${year} ${time} GMT`,
    `${long}, ${day}-${month}-${year.slice(2)} ${time} GMT`,
    `${weekday} ${month} ${day.replace(/^0/, " ")} ${time} ${year}`,
  ];
}

test("each of the three forms is read as UTC, whatever the machine's time zone", () => {
  const before = process.env.TZ;
  try {
    for (const zone of ["UTC", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland"]) {
      process.env.TZ = zone;
      // A two-digit year is at most 50 years ahead or 49 back.
      const moment = fc.integer({ min: Date.UTC(1977, 0), max: Date.UTC(2076, 11, 31) });
      fc.assert(
        fc.property(moment, (ms) => {
          const at = new Date(ms - (ms % 1_000));
          for (const form of formsOf(at))
            expect([form, parseHttpDate(form, NOW)]).toEqual([form, at.getTime()]);
        }),
        { numRuns: 50 },
      );
    }
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});

test("offsets and names that servers write instead of GMT are understood", () => {
  const at = Date.UTC(2026, 0, 1, 0, 0, 30);
  for (const zone of ["GMT", "UTC", "UT", "Z", "+0000", "-0000"]) {
    expect(parseHttpDate(`Thu, 01 Jan 2026 00:00:30 ${zone}`, NOW)).toBe(at);
  }
  expect(parseHttpDate("Thu, 1 Jan 2026 01:30:30 +0130", NOW)).toBe(at);
  expect(parseHttpDate("Wed, 31 Dec 2025 16:00:30 -0800", NOW)).toBe(at);
  expect(parseHttpDate("Thu, 01 Jan 2026 00:00:30", NOW)).toBe(at);
  expect(parseHttpDate("thu jan 1 00:00:30 gmt 2026", NOW)).toBe(at);
});

test("other text is not a date", () => {
  const wrong = [
    ...["", "soon", "2026-01-01T00:00:30Z", "Thu", "01 Jan 2026 00:00:30 GMT", "Thu, nonsense"],
    ...["Thu, 01 Jan 2026 24:00:00 GMT", "Thu, 01 Jan 2026 00:60:00 GMT", "Thu, 01 Jan 2026 00:00:61 GMT"],
    ...["Thu, 32 Jan 2026 00:00:00 GMT", "Thu, 00 Jan 2026 00:00:00 GMT", "Sun, 29 Feb 2026 00:00:00 GMT"],
    ...[
      "Thu, 01 Foo 2026 00:00:00 GMT",
      "Thu, 01 Jan 2026 00:00:30 PST",
      `Thu, 01 Jan 2026 ${" ".repeat(99)}`,
    ],
  ];
  for (const text of wrong) expect([text, parseHttpDate(text, NOW)]).toEqual([text, null]);
});
