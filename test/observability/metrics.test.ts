import { describe, expect, test } from "bun:test";
import { AppError, notFound } from "../../src/lib/errors.ts";
import { boundMeasure } from "../../src/observability/bounded-measure.ts";
import { Buckets } from "../../src/observability/buckets.ts";
import { MOST_TARGETS } from "../../src/observability/counts.ts";
import { watchEventLoopLag } from "../../src/observability/event-loop-lag.ts";
import { createMetrics, type MeasuredAttempt, noMetrics } from "../../src/observability/metrics.ts";
import { PendingDeliveries } from "../../src/observability/pending-deliveries.ts";
import { RecentTimes } from "../../src/observability/recent-times.ts";
import { createFakeClock } from "../support/fake-clock.ts";

function started() {
  const clock = createFakeClock();
  const metrics = createMetrics({ clock });
  const { counts } = metrics;
  /** An attempt that begins now and takes `tookMs`. */
  function attempted(values: Partial<MeasuredAttempt> = {}, tookMs = 0): void {
    const begunAt = clock.monotonic();
    clock.advance(tookMs);
    metrics.attempted({
      webhookId: "w",
      targetId: "t",
      targetType: "http",
      eventId: "e",
      receivedAt: clock.now() - tookMs,
      endedAt: clock.now(),
      begunAt,
      attemptsBefore: 0,
      isReplay: false,
      outcome: "delivered" as const,
      ...values,
    });
  }
  return { clock, metrics, counts, attempted };
}

/** Returns the count of the bucket that ends at `bound`. */
function inBucket(buckets: Buckets, bound: number): number {
  return buckets.counts[buckets.bounds.indexOf(bound)] ?? Number.NaN;
}

describe("buckets", () => {
  test("count a value up to and including its bound, larger ones in one more bucket, and negative ones as 0", () => {
    const buckets = new Buckets([0.001, 0.01]);
    for (const ms of [-5, 0, 1, 1.5, 10, 10.5, 1_000]) buckets.observe(ms);
    expect([...buckets.counts]).toEqual([3, 2, 2]);
    expect(buckets.sum).toBeCloseTo(1.023, 10);
  });
});

describe("reports of ingestion", () => {
  test("are counted: received, stored with its bytes, the time since the request was complete", () => {
    const { clock, metrics, counts } = started();
    metrics.received();
    metrics.received();
    const since = metrics.now();
    clock.advance(4);
    metrics.stored({ id: "e", bodyBytes: 100, targets: [{ settlesAtIngest: true }], filtered: 2, since });
    expect([counts.received, counts.stored, counts.storedBytes, counts.settledAtIngest]).toEqual([
      2, 1, 100, 1,
    ]);
    expect(counts.filtered).toBe(2);
    expect(inBucket(counts.acknowledge, 0.005)).toBe(1);
  });

  test.each([
    ["not_found", notFound("entrypoint")],
    ["inactive", new AppError({ kind: "gone", code: "entrypoint_inactive", message: "" })],
    ["method_not_allowed", new AppError({ kind: "method_not_allowed", message: "" })],
    ["too_large", new AppError({ kind: "too_large", message: "" })],
    ["incomplete", new AppError({ kind: "malformed", code: "incomplete_body", message: "" })],
    ["busy", new AppError({ kind: "unavailable", code: "busy", message: "" })],
    ["unavailable", new AppError({ kind: "unavailable", code: "event_file_damaged", message: "" })],
    ["fault", new AppError({ kind: "conflict", code: "nobody_thought_of_it", message: "" })],
    ["fault", new TypeError("a bug")],
  ] as const)("has a bounded set of reasons for what was rejected: %s", (reason, error) => {
    const { metrics, counts } = started();
    const reasons = [...counts.rejected.keys()];
    metrics.rejected(error);
    expect(counts.rejected.get(reason)).toBe(1);
    expect([...counts.rejected.keys()]).toEqual(reasons);
  });
});

describe("reports of delivery", () => {
  test("are counted by type and by target", () => {
    const { counts, attempted } = started();
    attempted();
    attempted({ outcome: "retried" });
    attempted({ outcome: "failed", targetId: "t2", targetType: "slack" });
    expect(counts.byType.get("http")).toEqual({ delivered: 1, retried: 1, failed: 0, discarded: 0 });
    expect(counts.byType.get("slack")).toMatchObject({ failed: 1 });
    expect(counts.byTarget.get("t")).toMatchObject({ webhookId: "w", delivered: 1, retried: 1 });
    expect(counts.byTarget.get("t2")).toMatchObject({ failed: 1 });
  });

  test("have series for a limited number of targets; the rest share one", () => {
    const { counts, attempted } = started();
    for (let n = 0; n < MOST_TARGETS + 5; n++) attempted({ targetId: `t${n}` });
    expect(counts.byTarget.size).toBe(MOST_TARGETS);
    expect(counts.otherTargets.delivered).toBe(5);
    attempted({ targetId: "t0" });
    expect(counts.byTarget.get("t0")?.delivered).toBe(2);
  });

  test("time the first attempt from the acknowledgement", () => {
    const { clock, metrics, counts, attempted } = started();
    const receivedAt = clock.now();
    clock.advance(700);
    const targets = [{ settlesAtIngest: false }];
    metrics.stored({ id: "e", bodyBytes: 1, targets, filtered: 0, since: metrics.now() });
    clock.advance(20);
    attempted({ receivedAt, outcome: "retried" }, 3_000);
    expect(inBucket(counts.firstAttempt, 0.025)).toBe(1);
    attempted({ receivedAt, attemptsBefore: 1 });
    expect(counts.firstAttempt.counts.reduce((sum, count) => sum + count)).toBe(1);
  });

  test("time the first attempt from the receipt if the acknowledgement is no longer known", () => {
    const { clock, counts, attempted } = started();
    attempted({ receivedAt: clock.now() - 20_000 }, 3_000);
    expect(inBucket(counts.firstAttempt, 30)).toBe(1);
  });

  test("exclude replays from times, as to a target newer than the event", () => {
    const { clock, counts, attempted } = started();
    attempted({ receivedAt: clock.now() - 20_000, isReplay: true });
    expect(counts.firstAttempt.counts.reduce((sum, count) => sum + count)).toBe(0);
  });

  test("time the delivery from the receipt, with retries and without replays", () => {
    const { clock, counts, attempted } = started();
    attempted({ receivedAt: clock.now() - 40_000, attemptsBefore: 3 });
    attempted({ receivedAt: clock.now() - 40_000, isReplay: true });
    attempted({ receivedAt: clock.now() - 40_000, outcome: "failed" });
    expect(inBucket(counts.delivered, 60)).toBe(1);
    expect(counts.delivered.counts.reduce((sum, count) => sum + count)).toBe(1);
  });

  test("track the oldest event waiting for a retry, until it is delivered, given up or discarded", () => {
    const { metrics, counts, attempted } = started();
    const oldest = () => counts.pending.oldestReceivedAt();
    expect(oldest()).toBeNull();
    for (const [eventId, receivedAt] of [
      ["a", 3],
      ["b", 1],
      ["c", 2],
    ] as const) {
      attempted({ eventId, receivedAt, outcome: "retried" });
    }
    expect(oldest()).toBe(1);
    attempted({ eventId: "b", attemptsBefore: 1 });
    expect(oldest()).toBe(2);
    attempted({ eventId: "c", attemptsBefore: 1, outcome: "failed" });
    expect(oldest()).toBe(3);
    metrics.discarded({ webhookId: "w", targetId: "t", targetType: "http", count: 1 });
    expect(oldest()).toBeNull();
    expect(counts.byType.get("http")?.discarded).toBe(1);
  });

  test("cost nothing if metrics are disabled", () => {
    expect(noMetrics.now()).toBe(0);
    expect(noMetrics.received()).toBeUndefined();
  });
});

describe("pending deliveries", () => {
  const delivery = (eventId: string, receivedAt: number) => ({ eventId, targetId: "t", receivedAt });

  test("are the sum of the files' last counts", () => {
    const pending = new PendingDeliveries();
    pending.setCount("w1", 5);
    pending.setCount("w2", 7);
    pending.setCount("w1", 2);
    expect(pending.total).toBe(9);
    pending.setCount("w2", 0);
    expect(pending.total).toBe(2);
  });

  test("drop those that the file no longer has, the first known first", () => {
    const pending = new PendingDeliveries();
    for (const [eventId, receivedAt] of [
      ["a", 1],
      ["b", 2],
      ["c", 3],
    ] as const) {
      pending.waits("w", delivery(eventId, receivedAt));
    }
    pending.setCount("w", 3);
    expect(pending.oldestReceivedAt()).toBe(1);
    pending.setCount("w", 1);
    expect(pending.oldestReceivedAt()).toBe(3);
    pending.setCount("w", 0);
    expect(pending.oldestReceivedAt()).toBeNull();
  });

  test("keep a limited number of ages, and add more once some have ended", () => {
    const pending = new PendingDeliveries();
    for (let n = 0; n < 10_000; n++) pending.waits("w", delivery(`e${n}`, 10));
    pending.waits("w", delivery("beyond", 1));
    expect(pending.oldestReceivedAt()).toBe(10);
    pending.ended("w", delivery("e0", 10));
    pending.waits("w", delivery("beyond", 1));
    expect(pending.oldestReceivedAt()).toBe(1);
  });
});

test("recent times are known for the last thousand ids", () => {
  const times = new RecentTimes();
  for (let n = 0; n < 30_000; n++) times.put(`e${n}`, n);
  expect(times.find("e29999")).toBe(29_999);
  expect(times.find(`e${30_000 - 1_024}`)).toBe(30_000 - 1_024);
  expect(times.find("e0")).toBeNull();
});

describe("event loop lag", () => {
  test("is the delay of the timer, until it is stopped", () => {
    const timers: (() => void)[] = [];
    let now = 0;
    const clock = {
      now: () => now,
      monotonic: () => now,
      after: (_ms: number, run: () => void) => {
        timers.push(run);
        return () => timers.splice(timers.indexOf(run), 1);
      },
    };
    const lag = new Buckets([0.001, 0.1]);
    const stop = watchEventLoopLag({ clock, lag });
    for (const ms of [20, 70, 520]) {
      now += ms;
      timers.shift()?.();
    }
    expect([...lag.counts]).toEqual([1, 1, 1]);
    expect(lag.sum).toBeCloseTo(0.55, 10);
    stop();
    expect(timers).toEqual([]);
  });
});

describe("a bounded measurement", () => {
  function bounded() {
    const clock = createFakeClock();
    const measurements: PromiseWithResolvers<number>[] = [];
    const read = boundMeasure({
      clock,
      boundMs: 250,
      measure() {
        const measurement = Promise.withResolvers<number>();
        measurements.push(measurement);
        return measurement.promise;
      },
    });
    return { clock, measurements, read };
  }

  test("returns a quick measurement", async () => {
    const { measurements, read } = bounded();
    const answer = read();
    measurements[0]?.resolve(7);
    expect(await answer).toBe(7);
  });

  test("returns the previous value if measuring takes long, and the new value afterwards", async () => {
    const { clock, measurements, read } = bounded();
    const first = read();
    clock.advance(250);
    expect(await first).toBeNull();
    const second = read();
    expect(measurements).toHaveLength(1);
    measurements[0]?.resolve(7);
    expect(await second).toBe(7);
  });

  test("takes at most a hundredth of the time, however often it is requested", async () => {
    const { clock, measurements, read } = bounded();
    const first = read();
    clock.advance(100);
    measurements[0]?.resolve(1);
    await first;
    clock.advance(9_999);
    expect(await read()).toBe(1);
    expect(measurements).toHaveLength(1);
    clock.advance(1);
    const next = read();
    measurements[1]?.resolve(2);
    expect(await next).toBe(2);
  });

  test("keeps its value if measuring fails, and measures again", async () => {
    const { clock, measurements, read } = bounded();
    const known: (number | null)[] = [];
    for (const settle of ["resolve", "reject", "resolve"] as const) {
      const answer = read();
      measurements.at(-1)?.[settle](measurements.length);
      known.push(await answer);
      clock.advance(1);
    }
    expect(known).toEqual([1, 1, 3]);
  });
});

test("runs of transformations are counted by what came of them, with their time", () => {
  const metrics = createMetrics({ clock: createFakeClock() });
  metrics.transformed({ kind: "request", micros: 200 });
  metrics.transformed({ kind: "request", micros: 40 });
  metrics.transformed({ kind: "failed", micros: 200_000 });
  expect(metrics.counts.transformations).toEqual({ request: 2, dropped: 0, failed: 1, unavailable: 0 });
  expect(metrics.counts.transformation.sum).toBeCloseTo(0.20024);
});
