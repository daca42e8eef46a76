/** Which silence of an entrypoint is unusual, and which is usual. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { describeSilence } from "../../src/notices/silence.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Monday, 00:00. */
const MONDAY = Date.UTC(2026, 0, 5);

/** Returns the hours for which `isBusy` is true, from `from` until `to`. */
function hoursWhere(isBusy: (at: number) => boolean, from: number, to: number): number[] {
  const hours: number[] = [];
  for (let at = from; at < to; at += HOUR) if (isBusy(at)) hours.push(at);
  return hours;
}

function judge(hours: readonly number[], now: number, listeningSince = 0): boolean {
  const lastEventAt = (hours.at(-1) ?? 0) + 60_000;
  return describeSilence({ lastEventAt, hours }, { now, listeningSince }) !== null;
}

/** Returns the hours after the last event at which silence is first reported; null if not within two weeks. */
function hoursUntilTold(hours: readonly number[], listeningSince = 0): number | null {
  const last = hours.at(-1) ?? 0;
  for (let passed = 1; passed <= 14 * 24; passed++) {
    if (judge(hours, last + passed * HOUR + HOUR / 2, listeningSince)) return passed;
  }
  return null;
}

const always = () => true;
const inOfficeHours = (at: number) => {
  const date = new Date(at);
  return date.getUTCDay() % 6 !== 0 && date.getUTCHours() >= 8 && date.getUTCHours() < 18;
};

describe("a sender with events at all hours", () => {
  test("is reported after two whole hours, and after three with a history of one week", () => {
    expect(hoursUntilTold(hoursWhere(always, MONDAY, MONDAY + 30 * DAY))).toBe(3);
    expect(hoursUntilTold(hoursWhere(always, MONDAY, MONDAY + 8 * DAY))).toBe(4);
  });

  test("is not reported before a week of history", () => {
    expect(hoursUntilTold(hoursWhere(always, MONDAY, MONDAY + 6 * DAY))).toBeNull();
  });

  test("is not reported for the time in which the gateway did not run", () => {
    const hours = hoursWhere(always, MONDAY, MONDAY + 30 * DAY);
    const start = MONDAY + 32 * DAY;
    expect(judge(hours, start + HOUR, start)).toBe(false);
    expect(judge(hours, start + 3.5 * HOUR, start)).toBe(true);
  });
});

test("a sender with office hours is not reported at night or over the weekend, but on a working morning", () => {
  const friday = MONDAY + 25 * DAY + 18 * HOUR;
  const hours = hoursWhere(inOfficeHours, MONDAY, friday);
  expect(new Date(friday).getUTCDay()).toBe(5);
  // 63 hours until Monday, 8:00; then two whole hours.
  expect(hoursUntilTold(hours)).toBe(65);
});

test("a sender with one event a day is reported after two missing days", () => {
  const atThree = (at: number) => new Date(at).getUTCHours() === 3;
  const told = hoursUntilTold(hoursWhere(atThree, MONDAY, MONDAY + 30 * DAY));
  expect(told).toBe(49);
});

test("a sender with events on a few days of each week is reported after a week", () => {
  const hours = [0, 3, 4, 9, 15, 16, 22].map((day) => MONDAY + day * DAY + ((day * 7) % 24) * HOUR);
  expect(hoursUntilTold(hours)).toBe(169);
});

test("a sender with rarer events is never reported", () => {
  const hours = [0, 10, 21, 33].map((day) => MONDAY + day * DAY);
  expect(hoursUntilTold(hours)).toBeNull();
});

test("a sender that continues as in each previous week is never reported", () => {
  const week = fc.uniqueArray(fc.integer({ min: 0, max: 167 }), { minLength: 1, maxLength: 168 });
  fc.assert(
    fc.property(week, fc.integer({ min: 0, max: 167 }), (busy, hour) => {
      const isBusy = (at: number) => busy.includes(((at - MONDAY) / HOUR) % 168);
      const now = MONDAY + 28 * DAY + hour * HOUR;
      const hours = hoursWhere(isBusy, MONDAY, now);
      return !judge(hours, now + HOUR / 2);
    }),
  );
});

test("the message contains the start and what it was compared with", () => {
  const hours = hoursWhere(always, MONDAY, MONDAY + 30 * DAY);
  const lastEventAt = MONDAY + 30 * DAY - 1;
  const now = MONDAY + 31 * DAY;
  expect(describeSilence({ lastEventAt, hours }, { now, listeningSince: 0 })).toBe(
    "No event since 2026-02-03T23:59:59.999Z. Events arrived at this time of day in each of the last 4 weeks.",
  );
});
