/** The numbers of a target are those of its attempts, hour by hour, whatever happens to the process. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { newId } from "../../../src/lib/ids.ts";
import { eventMigrations } from "../../../src/storage/event-db/migrations/index.ts";
import { AttemptCounts } from "../../../src/storage/event-db/numbers/attempt-counts.ts";
import { listLedgerFaults } from "../../../src/storage/event-db/numbers/ledger.ts";
import { readTargetNumbers } from "../../../src/storage/event-db/numbers/target-numbers.ts";
import type { DeliveryResult, DeliveryStatus } from "../../../src/storage/event-db/types.ts";
import { makeTestFolder } from "../../support/folder.ts";
import { createRetentionWorld, type RetentionWorld } from "../retention-world.ts";
import { pendingFor, query, settlement } from "../storage-world.ts";

const HOUR = 3_600_000;
const START = 500_000 * HOUR;
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };

let world: RetentionWorld;

beforeEach(() => {
  world = createRetentionWorld();
});
afterEach(() => world.dispose());

const numbersOf = (targetId: string, time = ALL) =>
  world.events.targetNumbers({ webhookId: world.webhookId, targetId, ...time });

/** Stores an event and its first attempt, which ends at `at`. */
async function attempt(
  targetId: string,
  at: number,
  { status = "delivered", ...result }: Partial<DeliveryResult> & { status?: DeliveryStatus } = {},
): Promise<string> {
  const { webhookId } = world;
  const { id: eventId } = await world.append({ webhookId, targets: [pendingFor(targetId)] });
  const durationMs = result.durationMs ?? 5;
  const nextAttemptAt = status === "pending" ? at + 1 : null;
  const error = status === "delivered" ? null : "It failed.";
  await world.events.settle(
    webhookId,
    settlement(
      { eventId, targetId, status, nextAttemptAt },
      { error, startedAt: at - durationMs, durationMs, ...result },
    ),
  );
  return eventId;
}

async function reopen(): Promise<void> {
  await world.writer.drain();
  await world.files.closeAll();
}

test("attempts are counted by outcome, answer and duration", async () => {
  await attempt("a", START, { statusCode: 204, durationMs: 10 });
  await attempt("a", START + 1, { status: "pending", statusCode: 500, durationMs: 30 });
  await attempt("a", START + 2, { status: "failed", statusCode: 404, durationMs: 20 });
  await attempt("a", START + 3, { status: "failed", statusCode: 302, durationMs: 20 });
  await attempt("a", START + 4, { status: "pending", statusCode: null, durationMs: 30_000 });
  await attempt("a", START + 5, { status: "pending", statusCode: 999, durationMs: 20 });
  await attempt("b", START + 6, { statusCode: null, durationMs: 1 });
  expect(await numbersOf("a")).toEqual({
    countedSince: START,
    hours: [{ at: START, delivered: 1, failed: 5, gaveUp: 2 }],
    delivered: 1,
    failed: 5,
    gaveUp: 2,
    answers: { none: 1, "2xx": 1, "3xx": 1, "4xx": 1, "5xx": 1, other: 1 },
    durations: { p50: 21, p95: 31, p99: 31 },
  });
  const { answers, durations } = await numbersOf("b");
  expect(Object.values(answers)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(durations.p50).toBe(1);
  expect((await numbersOf("c")).durations.p50).toBeNull();
});

test("a delivery that was replayed during its last attempt was not given up", async () => {
  const { webhookId, events } = world;
  const { id: eventId } = await world.append({ webhookId, targets: [pendingFor("a")] });
  await events.replay({ webhookId, eventId, targetIds: ["a"], now: START });
  await events.settle(
    webhookId,
    settlement({ eventId, targetId: "a", status: "failed" }, { error: "It failed." }),
  );
  expect(await numbersOf("a")).toMatchObject({ failed: 1, gaveUp: 0 });
});

test("a time takes the hours that begin in it", async () => {
  for (const hour of [0, 1, 1, 3, 4]) await attempt("a", START + hour * HOUR + 59);
  const { hours, delivered } = await numbersOf("a", { from: START + HOUR, to: START + 4 * HOUR });
  expect(hours.map(({ at, delivered }) => [(at - START) / HOUR, delivered])).toEqual([
    [1, 2],
    [3, 1],
  ]);
  expect(delivered).toBe(3);
  expect((await numbersOf("a", { from: START + HOUR, to: START + 4 * HOUR })).countedSince).toBe(START);
});

test("numbers equal the attempts after any sequence of attempts, hours and openings, and a clock set back", async () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("attempt" as const),
      target: fc.constantFrom("a", "b"),
      status: fc.constantFrom<DeliveryStatus>("pending", "delivered", "failed"),
      statusCode: fc.constantFrom(null, 200, 404, 503),
      durationMs: fc.nat(100_000),
    }),
    fc.record({ kind: fc.constant("time" as const), hours: fc.integer({ min: -2, max: 3 }) }),
    fc.constant({ kind: "reopen" as const }),
    fc.constant({ kind: "rollback" as const }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 20 }), async (steps) => {
      await world.dispose();
      world = createRetentionWorld();
      let now = START;
      const expected = new Map<string, Map<number, [delivered: number, failed: number, gaveUp: number]>>();
      for (const one of steps) {
        if (one.kind === "time") now += one.hours * HOUR;
        else if (one.kind === "reopen") await reopen();
        else if (one.kind === "rollback") {
          const file = world.files.open(world.webhookId);
          file.begin.run();
          const lost = { at: now, durationMs: 1, statusCode: 200, error: null, gaveUp: false };
          file.tally.attempted("a", lost);
          file.tally.write();
          file.rollback.run();
          file.tally.clear();
        } else {
          await attempt(one.target, now, one);
          const hours = expected.get(one.target) ?? new Map();
          const hour = now - (now % HOUR);
          const [delivered, failed, gaveUp] = hours.get(hour) ?? [0, 0, 0];
          const isDelivered = one.status === "delivered";
          const isGivenUp = one.status === "failed";
          hours.set(hour, [
            delivered + (isDelivered ? 1 : 0),
            failed + (isDelivered ? 0 : 1),
            gaveUp + (isGivenUp ? 1 : 0),
          ]);
          expected.set(one.target, hours);
        }
      }
      for (const target of ["a", "b"]) {
        const { hours } = await numbersOf(target);
        expect(hours.map(({ at, delivered, failed, gaveUp }) => [at, [delivered, failed, gaveUp]])).toEqual(
          [...(expected.get(target) ?? [])].sort(([a], [b]) => a - b),
        );
      }
      if (expected.size > 0) expect(world.ledgerFaults()).toEqual([]);
    }),
    { numRuns: 30 },
  );
});

test("what a killed process leaves behind has every committed attempt", async () => {
  await attempt("a", START);
  await attempt("a", START + HOUR, { status: "failed", statusCode: 500 });
  await attempt("a", START + HOUR);
  const left = makeTestFolder("left");
  try {
    const from = world.files.pathOf(world.webhookId);
    const to = join(left, "events.db");
    for (const end of ["", "-wal"]) if (existsSync(from + end)) copyFileSync(from + end, to + end);
    const db = new Database(to);
    expect(readTargetNumbers({ db }, { targetId: "a", ...ALL }).hours).toEqual([
      { at: START, delivered: 1, failed: 0, gaveUp: 0 },
      { at: START + HOUR, delivered: 1, failed: 1, gaveUp: 1 },
    ]);
    expect(listLedgerFaults(db)).toEqual([]);
    db.close();
  } finally {
    rmSync(left, { recursive: true });
  }
});

test("an hour is one row, however many attempts it had, and an attempt writes no other row than its tally's", async () => {
  for (let n = 0; n < 5; n++) await attempt("a", START + n);
  const moved = () =>
    query<{ n: number }>(world.files.pathOf(world.webhookId), "SELECT count(*) AS n FROM target_hours")[0]?.n;
  expect(moved()).toBe(0);
  for (let n = 0; n < 5; n++) await attempt("a", START + HOUR + n);
  expect(moved()).toBe(1);
});

test("hours older than a year are deleted with those of the webhook", async () => {
  for (const hour of [0, 1, 2, 3])
    for (const target of ["a", "b"]) await attempt(target, START + hour * HOUR);
  expect(await world.store.pruneHours(world.webhookId, START + 2 * HOUR)).toBe(START + 2 * HOUR);
  for (const target of ["a", "b"]) {
    const { hours } = await numbersOf(target);
    expect(hours.map(({ at }) => (at - START) / HOUR)).toEqual([2, 3]);
  }
});

test("an older file counts from its upgrade on", () => {
  const db = new Database(":memory:");
  const before = eventMigrations.findIndex((sql) => sql.includes("CREATE TABLE target_hours"));
  for (const sql of eventMigrations.slice(0, before)) db.run(sql);
  db.run(`INSERT INTO target_tallies (target_id, created, deleted, pending, delivered, failed, held, discarded,
    last_result_at, last_delivered) VALUES ('a', 1, 1, 0, 0, 0, 0, 0, ${START}, 1)`);
  db.run(eventMigrations[before] ?? "");
  expect(readTargetNumbers({ db }, { targetId: "a", ...ALL }).hours).toEqual([]);
  expect(listLedgerFaults(db)).toEqual([]);
  db.close();
});

describe("stored counts", () => {
  const encoded = (...attempts: Parameters<AttemptCounts["add"]>[0][]) => {
    const counts = new AttemptCounts();
    for (const one of attempts) counts.add(one);
    return counts.encode();
  };
  const one = { at: START, durationMs: 5, statusCode: 200, error: null, gaveUp: false };

  test("that nothing has written are refused", () => {
    const valid = encoded(one);
    expect(AttemptCounts.decode(valid)?.delivered).toBe(1);
    const wrong = [
      [...valid].reverse(),
      [...valid, 0, 1],
      [...valid.slice(0, 2)],
      [0, 0],
      [0, 128],
      [0, 129, 0],
      [0, 255, 255, 255, 255, 255, 255, 127],
      [255, 1],
    ];
    for (const bytes of wrong) {
      expect([bytes, AttemptCounts.decode(Uint8Array.from(bytes))]).toEqual([bytes, null]);
    }
  });

  test("of any size are read as they were written", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(15), { maxLength: 8 }), (durations) => {
        const attempts = durations.flatMap((ms) =>
          Array.from({ length: ms ** 3 }, () => ({ ...one, durationMs: ms })),
        );
        const read = AttemptCounts.decode(encoded(...attempts));
        expect(read?.delivered).toBe(attempts.length);
        expect(read?.durationAt(1) ?? null).toBe(
          attempts.length > 0 ? Math.max(...durations.filter((ms) => ms > 0)) : null,
        );
      }),
    );
  });

  test("that are damaged are reported by the check, and stop no delivery", async () => {
    await attempt("a", START);
    await attempt("a", START + HOUR);
    await reopen();
    const db = new Database(world.files.pathOf(world.webhookId));
    db.run("UPDATE target_hours SET counts = x'ff'");
    db.run("UPDATE target_tallies SET hour_counts = x'00'");
    db.run("INSERT INTO target_hours VALUES ('unknown', 3600000, x'')");
    db.close();
    expect(world.ledgerFaults()).toEqual([
      "target a: hours with invalid counts of attempts: 2",
      "target unknown: hours with invalid counts of attempts: 1",
    ]);
    await attempt("a", START + HOUR + 1);
    expect((await numbersOf("a")).hours.at(-1)).toEqual({
      at: START + HOUR,
      delivered: 1,
      failed: 0,
      gaveUp: 0,
    });
  });
});

test("targets with an id in common are none: each webhook's file has its own", async () => {
  const targetId = newId();
  await attempt(targetId, START);
  const other = await world.events.targetNumbers({ webhookId: newId(), targetId, ...ALL });
  expect(other.delivered).toBe(0);
});
