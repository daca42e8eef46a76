import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { formatSize, readSize } from "../../src/dashboard/size-text.ts";
import { EMPTY_BYTES, forecast } from "../../src/dashboard/webhooks/storage/forecast.ts";
import { eventMigrations } from "../../src/storage/event-db/migrations/index.ts";
import { measureSpace } from "../../src/storage/event-db/numbers/space.ts";
import { NO_GROWTH } from "../support/fake-overviews.ts";

const DAY_MS = 86_400_000;
const MB = 1024 * 1024;

/** Ten events a day of 90,000 bytes, each with 10,000 bytes of headers, deliveries and results. */
const growth = {
  ...NO_GROWTH,
  usedBytes: EMPTY_BYTES + 50 * 100_000,
  events: 50,
  bodyBytes: 50 * 90_000,
  recent: { ms: 5 * DAY_MS, events: 50, bodyBytes: 50 * 90_000 },
};

describe("a forecast", () => {
  test("includes what events need in addition to their bodies", () => {
    expect(forecast(growth, { days: 30, bytes: null })).toEqual({
      bytesPerDay: 1_000_000,
      settlesAtBytes: 30_000_000,
      limitInDays: null,
    });
  });

  test("says when a limit will be reached, and that it will not if age deletes events before", () => {
    const bytes = growth.usedBytes + 3_000_000;
    expect(forecast(growth, { days: 30, bytes }).limitInDays).toBe(3);
    expect(forecast(growth, { days: 5, bytes }).limitInDays).toBeNull();
    expect(forecast(growth, { days: 5, bytes: growth.usedBytes }).limitInDays).toBe(0);
  });

  test("knows the size of a file before its first event", () => {
    const db = new Database(":memory:");
    db.run("PRAGMA auto_vacuum = INCREMENTAL");
    for (const sql of eventMigrations) db.run(sql);
    // A difference of a page or two does not matter.
    expect(Math.abs(measureSpace(db).usedBytes - EMPTY_BYTES)).toBeLessThan(16_384);
    db.close();
  });

  test("without events predicts no growth", () => {
    const none = { bytesPerDay: 0, settlesAtBytes: 0, limitInDays: null };
    expect(forecast(NO_GROWTH, { days: 30, bytes: MB })).toEqual(none);
  });
});

describe("sizes", () => {
  test("are read as people type them", () => {
    const sizes = { "500 MB": 500 * MB, "2gb": 2048 * MB, "1.5 GiB": 1536 * MB, "1,5 GB": 1536 * MB };
    for (const [text, bytes] of Object.entries({ ...sizes, " 1048576 ": MB, "7 b": 7 })) {
      expect(readSize(text)).toBe(bytes);
    }
    for (const text of ["much", "-1 MB", "5 XB", "1e9", "MB", "5 MB 3"]) expect(readSize(text)).toBe(text);
  });

  test("are formatted so that they are parsed to the same value", () => {
    for (const bytes of [MB, 500 * MB, 2048 * MB, 1_048_577, 5_000_000]) {
      expect(readSize(formatSize(bytes))).toBe(bytes);
    }
    expect(formatSize(500 * MB)).toBe("500 MB");
  });
});
