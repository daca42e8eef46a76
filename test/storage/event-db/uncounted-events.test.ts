/** Events are added to the tallies many at a time, and the tallies are right all the same. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { newIdAt } from "../../../src/lib/ids.ts";
import { eventMigrations } from "../../../src/storage/event-db/migrations/index.ts";
import { createRetentionWorld, type RetentionWorld } from "../retention-world.ts";
import { draft, query } from "../storage-world.ts";

const HOUR_MS = 3_600_000;
const TOGETHER = 64;

let world: RetentionWorld;
/** All events ever received, by entrypoint and by hour. */
let received: { entrypointId: string; hour: number; bytes: number }[];

beforeEach(() => {
  world = createRetentionWorld();
  received = [];
});

afterEach(() => world.dispose());

const rows = <Row>(sql: string) => query<Row>(world.files.pathOf(world.webhookId), sql);

/** Receives events in one turn of the event loop, so that one transaction stores them. */
async function receive(n: number, entrypointId = "a", bytes = 10): Promise<void> {
  const now = world.clock.now();
  const drafts = Array.from({ length: n }, () =>
    draft({
      webhookId: world.webhookId,
      entrypointId,
      id: newIdAt(now),
      receivedAt: now,
      body: Buffer.alloc(bytes),
    }),
  );
  await Promise.all(drafts.map((one) => world.writer.append(one)));
  for (let i = 0; i < n; i++) received.push({ entrypointId, hour: now - (now % HOUR_MS), bytes });
}

function sumBy<Key>(
  key: (event: (typeof received)[number]) => Key,
): Map<Key, { events: number; bytes: number }> {
  const sums = new Map<Key, { events: number; bytes: number }>();
  for (const event of received) {
    const before = sums.get(key(event)) ?? { events: 0, bytes: 0 };
    sums.set(key(event), { events: before.events + 1, bytes: before.bytes + event.bytes });
  }
  return sums;
}

function expectTalliesToBeRight(): void {
  expect(world.ledgerFaults()).toEqual([]);
  const ever = rows<{ entrypoint_id: string; n: number }>(
    "SELECT entrypoint_id, events + deleted AS n FROM entrypoint_tallies",
  );
  const byEntrypoint = sumBy(({ entrypointId }) => entrypointId);
  expect(new Map(ever.map(({ entrypoint_id, n }) => [entrypoint_id, n]))).toEqual(
    new Map([...byEntrypoint].map(([id, { events }]) => [id, events])),
  );
  const hours = rows<{ hour: number; events: number; bytes: number }>(
    "SELECT hour, sum(received) AS events, sum(bytes) AS bytes FROM hourly_tallies GROUP BY hour",
  );
  expect(new Map(hours.map(({ hour, ...sums }) => [hour, sums]))).toEqual(sumBy(({ hour }) => hour));
}

async function reopen(): Promise<void> {
  await world.writer.drain();
  await world.files.closeAll();
}

test("tallies are right after any sequence of events, deletions and openings", async () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("receive" as const),
      n: fc.oneof(fc.nat(3), fc.nat(2 * TOGETHER)),
      entrypointId: fc.constantFrom("a", "b"),
      bytes: fc.nat(3_000),
    }),
    fc.record({ kind: fc.constant("wait" as const), hours: fc.nat(30) }),
    fc.constant({ kind: "prune" as const }),
    fc.constant({ kind: "prune all" as const }),
    fc.constant({ kind: "reopen" as const }),
    fc.constant({ kind: "vacuum" as const }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 15 }), async (steps) => {
      for (const one of steps) {
        if (one.kind === "receive") await receive(one.n, one.entrypointId, one.bytes);
        else if (one.kind === "wait") world.clock.advance(one.hours * HOUR_MS);
        else if (one.kind === "prune") await world.pruneAll(world.rule());
        else if (one.kind === "prune all") {
          await world.pruneAll(world.rule({ finishedBefore: null }));
        } else await reopen();
        if (one.kind === "vacuum" && received.length > 0) {
          const db = new Database(world.files.pathOf(world.webhookId));
          db.run("VACUUM");
          db.close();
        }
        if (received.length > 0) expectTalliesToBeRight();
      }
    }),
    { numRuns: 30 },
  );
});

describe("tally writes", () => {
  const counted = () =>
    rows<{ hours: number | null; events: number | null }>(
      "SELECT (SELECT sum(received) FROM counted_hours) AS hours, (SELECT sum(events) FROM counted_entrypoints) AS events",
    )[0];

  test("come for many events at once, and not for a few", async () => {
    for (let n = 0; n < TOGETHER - 1; n++) await receive(1);
    expect(counted()).toEqual({ hours: null, events: null });
    await receive(1);
    expect(counted()).toEqual({ hours: TOGETHER, events: TOGETHER });
    await receive(2);
    expect(counted()).toEqual({ hours: TOGETHER, events: TOGETHER });
    expectTalliesToBeRight();
  });

  test("include the events stored before the file was opened", async () => {
    await receive(TOGETHER - 1);
    await reopen();
    await receive(1);
    expect(counted()).toEqual({ hours: TOGETHER, events: TOGETHER });
  });

  test("are undone with a transaction that is rolled back", async () => {
    await receive(TOGETHER - 1);
    const file = world.files.open(world.webhookId);
    file.begin.run();
    file.tally.received("a", world.clock.now());
    file.tally.write();
    file.rollback.run();
    file.tally.clear();
    await receive(1);
    expect(counted()).toEqual({ hours: TOGETHER, events: TOGETHER });
    expectTalliesToBeRight();
  });
});

test("events that come after all others were deleted are counted once", async () => {
  await receive(TOGETHER + 1);
  await world.pruneAll(world.rule({ finishedBefore: null }));
  expect(world.rows("events")).toBe(0);
  await receive(2);
  expectTalliesToBeRight();
  await reopen();
  await receive(TOGETHER);
  expectTalliesToBeRight();
});

test("events that come after the last counted one was deleted, and older ones were not, are counted once", async () => {
  await world.receive({ a: "pending" });
  await world.receive();
  await world.pruneAll(world.rule({ finishedBefore: null }));
  expect(world.rows("events")).toBe(1);
  expect(world.ledgerFaults()).toEqual([]);
  await world.receive();
  expect(world.ledgerFaults()).toEqual([]);
});

test("an older file keeps its tallies, and counts only later events", () => {
  const db = new Database(":memory:");
  const before = eventMigrations.findIndex((sql) => sql.includes("CREATE TABLE last_counted_event"));
  for (const sql of eventMigrations.slice(0, before)) db.run(sql);
  const insert =
    db.prepare(`INSERT INTO events (id, entrypoint_id, received_at, method, path_tail, query, headers,
    content_type, remote_address, body_size, body) VALUES (?, 'a', ?, '', '', '', '[]', '', '', 7, x'')`);
  // The event written last does not have the largest id.
  for (const [id, at] of [
    ["1", 1],
    ["3", 3],
    ["2", HOUR_MS],
  ] as const)
    insert.run(id, at);
  db.run(
    "INSERT INTO entrypoint_tallies (entrypoint_id, events, deleted, last_event_at) VALUES ('a', 3, 4, 9)",
  );
  db.run("INSERT INTO hourly_tallies VALUES (0, 6, 60, 1, 2), (3600000, 1, 7, 0, 0)");
  db.run(eventMigrations[before] ?? "");
  const entrypoints = () => db.query("SELECT * FROM entrypoint_tallies").all();
  expect(entrypoints()).toEqual([{ entrypoint_id: "a", events: 3, deleted: 4, last_event_at: 9 }]);
  insert.run("0", HOUR_MS);
  expect(entrypoints()).toEqual([{ entrypoint_id: "a", events: 4, deleted: 4, last_event_at: HOUR_MS }]);
  expect(db.query("SELECT * FROM hourly_tallies ORDER BY hour, received DESC").all()).toEqual([
    { hour: 0, received: 6, bytes: 60, delivered: 1, failed: 2 },
    { hour: HOUR_MS, received: 1, bytes: 7, delivered: 0, failed: 0 },
    { hour: HOUR_MS, received: 1, bytes: 7, delivered: 0, failed: 0 },
  ]);
  db.close();
});
