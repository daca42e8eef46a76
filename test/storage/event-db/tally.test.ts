/** The counts that lists show always equal the counted rows. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import fc from "fast-check";
import { newId } from "../../../src/lib/ids.ts";
import type { DeliveryStatus } from "../../../src/storage/event-db/types.ts";
import { createStorageWorld, pendingFor, query, type StorageWorld, settlement } from "../storage-world.ts";

const STATUSES: readonly DeliveryStatus[] = ["pending", "delivered", "failed", "held", "discarded"];

let world: StorageWorld;
let webhookId: string;

beforeEach(() => {
  world = createStorageWorld();
  webhookId = newId();
});

afterEach(() => world.dispose());

async function expectCountsToMatchRows(): Promise<void> {
  const rows = query<{ target_id: string; status: DeliveryStatus; n: number }>(
    world.files.pathOf(webhookId),
    "SELECT target_id, status, count(*) AS n FROM deliveries GROUP BY 1, 2",
  );
  const overviews = await world.events.targetOverviews(webhookId);
  for (const [targetId, { counts }] of overviews) {
    for (const status of STATUSES) {
      const counted = rows.find((row) => row.target_id === targetId && row.status === status)?.n ?? 0;
      expect({ targetId, status, n: counts[status] }).toEqual({ targetId, status, n: counted });
    }
  }
  const { counts } = await world.events.overview(webhookId);
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  expect(total).toBe(rows.reduce((sum, row) => sum + row.n, 0));
}

test("counts equal the rows after any sequence of events, attempts, replays and discards", async () => {
  const targets = ["a", "b"];
  const step = fc.oneof(
    fc.record({ kind: fc.constant("append" as const), target: fc.constantFrom(...targets) }),
    fc.record({
      kind: fc.constant("settle" as const),
      pick: fc.nat(),
      replays: fc.nat(1),
      status: fc.constantFrom<DeliveryStatus>("pending", "delivered", "failed"),
    }),
    fc.record({ kind: fc.constant("replay" as const), pick: fc.nat(), target: fc.constantFrom(...targets) }),
    fc.record({ kind: fc.constant("discard" as const), target: fc.constantFrom(...targets) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const made: { eventId: string; targetId: string }[] = [];
      for (const one of steps) {
        const now = world.clock.now();
        if (one.kind === "append") {
          const event = await world.append({ webhookId, targets: [pendingFor(one.target)] });
          made.push({ eventId: event.id, targetId: one.target });
        } else if (one.kind === "discard") {
          await world.events.discardPending({ webhookId, targetId: one.target, reason: "gone", now });
        } else {
          const delivery = made[one.pick % Math.max(1, made.length)];
          if (!delivery) continue;
          if (one.kind === "replay") {
            const { eventId } = delivery;
            await world.events.replay({ webhookId, eventId, targetIds: [one.target], now });
          } else {
            const nextAttemptAt = one.status === "pending" ? now + 1 : null;
            await world.events.settle(
              webhookId,
              settlement({ ...delivery, replays: one.replays, status: one.status, nextAttemptAt }),
            );
          }
        }
      }
      if (made.length > 0) await expectCountsToMatchRows();
    }),
    { numRuns: 25 },
  );
});

test("a rolled back write leaves no trace in the counts", async () => {
  const event = await world.append({ webhookId, targets: [pendingFor("a")] });
  await expect(world.append({ webhookId, id: event.id, targets: [pendingFor("a")] })).rejects.toThrow();
  await world.append({ webhookId, targets: [pendingFor("a")] });
  expect(await world.events.countEvents(webhookId)).toBe(2);
  await expectCountsToMatchRows();
});

test("an overview has 24 hours, the last event, and each target's last attempt", async () => {
  const now = world.clock.now();
  const event = await world.append({
    webhookId,
    entrypointId: "e",
    receivedAt: now,
    targets: [pendingFor("a")],
  });
  await world.events.settle(
    webhookId,
    settlement(
      { eventId: event.id, targetId: "a", status: "pending", nextAttemptAt: now + 5_000 },
      { startedAt: now, durationMs: 7, statusCode: 503, error: "answered 503" },
    ),
  );
  const overview = await world.events.overview(webhookId);
  expect(overview.hours).toHaveLength(24);
  expect(overview.hours.at(-1)).toEqual({ at: now - (now % 3_600_000), received: 1, failed: 1 });
  expect(overview.lastEventAt).toBe(now);
  expect(overview.fileBytes).toBeGreaterThan(0);
  expect((await world.events.targetOverviews(webhookId)).get("a")?.lastResult).toEqual({
    at: now + 7,
    delivered: false,
    statusCode: 503,
    error: "answered 503",
  });
  expect(await world.events.entrypointLastEvents(webhookId)).toEqual(new Map([["e", now]]));
});
