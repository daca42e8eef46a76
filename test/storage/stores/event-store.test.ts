/** Deliveries in a real event file, from the first claim to the last result. */
import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import fc from "fast-check";
import { derivedId, newId } from "../../../src/lib/ids.ts";
import { type ClaimFront, frontAfter } from "../../../src/storage/event-db/deliveries/due-deliveries.ts";
import { listLedgerFaults } from "../../../src/storage/event-db/numbers/ledger.ts";
import {
  createStorageWorld,
  draft,
  pendingFor,
  query,
  type StorageWorld,
  settlement,
} from "../storage-world.ts";

const HOUR_MS = 3_600_000;
const TARGET = "target";

let world: StorageWorld;
let webhookId: string;

beforeEach(() => {
  world = createStorageWorld();
  webhookId = newId();
});

afterEach(() => world.dispose());

async function addPending(receivedAt = world.clock.now(), targetId = TARGET): Promise<string> {
  return (await world.append({ webhookId, receivedAt, targets: [pendingFor(targetId)] })).id;
}

async function claim(
  options: { inFlight?: string[]; limit?: number; beyond?: number; front?: ClaimFront | null } = {},
) {
  const now = world.clock.now();
  return world.events.claimDue({
    webhookId,
    targetId: TARGET,
    now,
    beyond: options.beyond ?? now + HOUR_MS,
    limit: options.limit ?? 10,
    inFlight: new Map((options.inFlight ?? []).map((id) => [id, true])),
    front: options.front ?? null,
  });
}

async function claimedIds(options: Parameters<typeof claim>[0] = {}): Promise<string[]> {
  return (await claim(options)).map(({ eventId }) => eventId);
}

const settle = (...values: Parameters<typeof settlement>) =>
  world.events.settle(webhookId, settlement(...values));

async function onlyDelivery(eventId: string) {
  const [delivery, ...others] = await world.events.listDeliveries(webhookId, eventId);
  expect(others).toEqual([]);
  if (!delivery) throw new Error("There is no delivery.");
  return delivery;
}

test("an event goes from its receipt through a failed attempt to its delivery, and the event log shows all of it", async () => {
  const now = world.clock.now();
  const event = await world.append({
    webhookId,
    pathTail: "/orders",
    query: "?a=1",
    body: Buffer.from([0, 255, 10]),
    targets: [pendingFor(TARGET)],
  });
  const [due] = await claim();
  expect(due).toMatchObject({ eventId: event.id, targetId: TARGET, attempts: 0, replays: 0 });
  expect(due?.event).toMatchObject({
    pathTail: "/orders",
    query: "?a=1",
    headers: [["content-type", "text/plain"]],
  });
  expect(Buffer.from(due?.event.body ?? []).equals(Buffer.from([0, 255, 10]))).toBe(true);

  await settle(
    { eventId: event.id, targetId: TARGET, status: "pending", nextAttemptAt: now + 10_000 },
    { statusCode: 503, error: "answered 503" },
  );
  expect(await claimedIds()).toEqual([]);
  expect(await world.events.earliestDue({ webhookId, targetId: TARGET, after: now })).toBe(now + 10_000);
  expect(await world.events.listPendingTargets(webhookId)).toEqual([TARGET]);

  world.clock.advance(10_000);
  expect((await claim()).map(({ eventId, attempts }) => [eventId, attempts])).toEqual([[event.id, 1]]);
  await settle({ eventId: event.id, targetId: TARGET }, { attempt: 2, startedAt: world.clock.now() });
  expect(await claimedIds()).toEqual([]);
  expect(await world.events.earliestDue({ webhookId, targetId: TARGET, after: 0 })).toBeNull();
  expect(await world.events.listPendingTargets(webhookId)).toEqual([]);

  await world.files.closeAll();
  expect(await onlyDelivery(event.id)).toMatchObject({
    status: "delivered",
    attempts: 2,
    nextAttemptAt: null,
    createdAt: now,
    updatedAt: now + 10_005,
    results: [
      { attempt: 1, statusCode: 503, error: "answered 503" },
      { attempt: 2, statusCode: 200, error: null, responseHeaders: [["x-answer", "yes"]] },
    ],
  });
  const { events } = await world.events.searchEvents(webhookId, { limit: 10, cursor: null, filter: {} });
  expect(events[0]?.deliveries).toEqual({
    pending: 0,
    retrying: 0,
    delivered: 1,
    failed: 0,
    held: 0,
    discarded: 0,
  });
});

describe("claiming", () => {
  test("takes the longest due first, up to the limit, and nothing that is not due", async () => {
    const now = world.clock.now();
    const late = await addPending(now);
    const early = await addPending(now - 1_000);
    const middle = await addPending(now - 500);
    await addPending(now + 1);
    await addPending(now - 2_000, "another target");
    expect(await claimedIds()).toEqual([early, middle, late]);
    expect(await claimedIds({ limit: 2 })).toEqual([early, middle]);
  });

  test("reads past those in flight", async () => {
    const now = world.clock.now();
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push(await addPending(now - 10 + n));
    const [first = "", , third = "", ...rest] = ids;
    expect(await claimedIds({ inFlight: [first, third], limit: 2 })).toEqual([ids[1] ?? "", rest[0] ?? ""]);
    expect(await claimedIds({ inFlight: ids, limit: 2 })).toEqual([]);
  });

  test("finds those written under a clock that was ahead", async () => {
    const now = world.clock.now();
    const id = await addPending(now + 2 * HOUR_MS);
    expect(await claimedIds({ beyond: now + 3 * HOUR_MS })).toEqual([]);
    expect(await claimedIds({ beyond: now + HOUR_MS })).toEqual([id]);
    const due = await addPending(now);
    expect(await claimedIds({ beyond: now + HOUR_MS })).toEqual([due]);
  });

  test("continues where the last claim ended, and reads no further than needed", async () => {
    const now = world.clock.now();
    const ids: string[] = [];
    for (let n = 0; n < 16; n++) ids.push(await addPending(n < 10 ? now - 2 : now - 1));
    const due = spyOn(world.files.open(webhookId).deliveries.due, "all");
    let front: ClaimFront | null = null;
    for (let begun = 0; begun < 16; begun += 4) {
      const claimed: Awaited<ReturnType<typeof claim>> = await claim({
        limit: 4,
        inFlight: ids.slice(0, begun),
        front,
      });
      expect(claimed.map(({ eventId }) => eventId)).toEqual(ids.slice(begun, begun + 4));
      front = frontAfter(claimed, front);
    }
    // A claim may read past deliveries in flight that are due together with the last one.
    expect(due.mock.calls.map(([, after, , most]) => [after, most])).toEqual([
      [-1, 4],
      [now - 3, 8],
      [now - 3, 12],
      [now - 2, 6],
    ]);
    due.mockRestore();
  });

  test("finds late deliveries if those due after the last claim do not fill it", async () => {
    const now = world.clock.now();
    const [first, second] = [await addPending(now - 10), await addPending(now - 5)];
    const front = frontAfter(await claim({ limit: 2 }), null);
    const late = await addPending(now - 7);
    const last = await addPending(now);
    const of = { inFlight: [first, second], front };
    expect(await claimedIds({ ...of, limit: 1 })).toEqual([last]);
    expect(await claimedIds({ ...of, limit: 2 })).toEqual([late, last]);
  });

  test("takes everything once, whatever is due together, ends meanwhile or comes late", async () => {
    const round = fc.record({
      come: fc.array(fc.nat(6), { maxLength: 6 }),
      limit: fc.integer({ min: 1, max: 5 }),
      ends: fc.nat(4),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 8 }), async (rounds) => {
        const start = world.clock.now();
        const waiting = new Set<string>();
        const inFlight: string[] = [];
        let front: ClaimFront | null = null;
        const turn = async (limit: number) => {
          const due: Awaited<ReturnType<typeof claim>> = await claim({ limit, inFlight, front });
          for (const { eventId } of due) {
            expect(waiting.delete(eventId)).toBe(true);
            inFlight.push(eventId);
          }
          front = due.length === limit ? frontAfter(due, front) : null;
        };
        const end = async (count: number) => {
          for (const eventId of inFlight.splice(0, count)) await settle({ eventId, targetId: TARGET });
        };
        for (const { come, limit, ends } of rounds) {
          for (const at of come) waiting.add(await addPending(start - at));
          await turn(limit);
          await end(ends);
        }
        while (waiting.size > 0) {
          const before = waiting.size;
          await turn(3);
          expect(waiting.size).toBeLessThan(before);
        }
        await end(inFlight.length);
      }),
      { numRuns: 40 },
    );
  });
});

describe("settling", () => {
  test("a delivery that was replayed meanwhile keeps it pending, and counts the attempt", async () => {
    const eventId = await addPending();
    const [due] = await claim();
    world.clock.advance(1_000);
    await world.events.replay({ webhookId, eventId, targetIds: [TARGET], now: world.clock.now() });
    await settle({
      eventId,
      targetId: TARGET,
      replays: due?.replays ?? -1,
      status: "failed",
      reason: "no more attempts",
    });
    expect(await onlyDelivery(eventId)).toMatchObject({
      status: "pending",
      attempts: 1,
      nextAttemptAt: world.clock.now(),
      reason: null,
      results: [{ attempt: 1 }],
    });
    expect(await claim()).toMatchObject([{ attempts: 1, attemptsAtReplay: 1, replays: 1 }]);
  });

  test("twice stores the result once", async () => {
    const eventId = await addPending();
    const once = settlement({ eventId, targetId: TARGET });
    await world.events.settle(webhookId, once);
    await world.events.settle(webhookId, once);
    expect(await onlyDelivery(eventId)).toMatchObject({ attempts: 1, results: [{ id: once.result.id }] });
    expect(await onlyDelivery(eventId)).toHaveProperty("results.length", 1);
  });

  test("a deleted delivery leaves no result", async () => {
    await addPending();
    await settle({ eventId: newId(), targetId: TARGET });
    expect(query(world.files.pathOf(webhookId), "SELECT * FROM delivery_results")).toEqual([]);
  });
});

describe("replaying", () => {
  test("makes a finished delivery due now, and keeps its attempts without counting them", async () => {
    const eventId = await addPending();
    await settle({ eventId, targetId: TARGET, status: "failed", reason: "no more attempts" }, { attempt: 1 });
    world.clock.advance(1_000);
    await world.events.replay({ webhookId, eventId, targetIds: [TARGET], now: world.clock.now() });
    expect(await claim()).toMatchObject([
      { attempts: 1, attemptsAtReplay: 1, replays: 1, dueSince: world.clock.now() },
    ]);
    expect(await onlyDelivery(eventId)).toMatchObject({
      status: "pending",
      reason: null,
      results: [{ attempt: 1 }],
    });
  });

  test("makes a delivery for a target that did not have one, and wakes the deliverer", async () => {
    const { id } = await world.append({ webhookId });
    world.recorded.length = 0;
    await world.events.replay({ webhookId, eventId: id, targetIds: [TARGET], now: world.clock.now() });
    expect(await claimedIds()).toEqual([id]);
    expect(world.recorded).toEqual([webhookId]);
  });
});

test("a delivery's id is made of its event's and its target's, however it was made, and stays through a replay", async () => {
  const inLane = { ...pendingFor("lane"), orderKey: "k" };
  const { id } = await world.append({ webhookId, targets: [pendingFor(TARGET), inLane] });
  const path = world.files.pathOf(webhookId);
  const stored = () => query(path, "SELECT target_id AS targetId, id FROM deliveries ORDER BY target_id");
  const made = [TARGET, "lane", "replayed"].sort().map((to) => ({ targetId: to, id: derivedId(id, to) }));
  for (let time = 0; time < 2; time++) {
    const targetIds = [TARGET, "lane", "replayed"];
    await world.events.replay({ webhookId, eventId: id, targetIds, now: world.clock.now() });
    expect(stored()).toEqual(made);
  }
  world.files.open(webhookId).db.run("UPDATE deliveries SET id = 'older'");
  await world.events.replay({ webhookId, eventId: id, targetIds: [TARGET], now: world.clock.now() });
  expect(stored()).toEqual(made.map((delivery) => ({ ...delivery, id: "older" })));
});

test.each([
  ["failed", "discarded"],
  ["pending", "discarded"],
  ["delivered", "delivered"],
] as const)("a delivery discarded during an attempt that ends %s is then %s", async (ended, status) => {
  const eventId = await addPending(world.clock.now());
  const given = { webhookId, targetId: TARGET, reason: "Not wanted.", now: world.clock.now() };
  await world.events.discardPending(given);
  const nextAttemptAt = ended === "pending" ? world.clock.now() + 5 : null;
  await world.events.settle(
    webhookId,
    settlement({ eventId, targetId: TARGET, status: ended, nextAttemptAt }),
  );
  expect(await onlyDelivery(eventId)).toMatchObject({
    status,
    reason: status === "discarded" ? "Not wanted." : null,
    attempts: 1,
    nextAttemptAt: null,
    results: [{ attempt: 1 }],
  });
  expect(listLedgerFaults(world.files.open(webhookId).db)).toEqual([]);
});

describe("a long backlog", () => {
  const COUNT = 1_234;

  beforeEach(async () => {
    const now = world.clock.now();
    await Promise.all(Array.from({ length: COUNT }, (_, n) => addPending(now + Math.floor(n / 3))));
    await addPending(now, "another target");
  });

  test("is discarded in steps, with its reason, and no other target's", async () => {
    const commit = spyOn(world.files.open(webhookId).commit, "run");
    const options = { webhookId, targetId: TARGET, reason: "The target was deleted.", now: 5 };
    expect(await world.events.discardPending(options)).toBe(COUNT);
    expect(commit).toHaveBeenCalledTimes(3);
    expect(await world.events.listPendingTargets(webhookId)).toEqual(["another target"]);
    expect(
      query(
        world.files.pathOf(webhookId),
        "SELECT status, reason, next_attempt_at, updated_at, count(*) AS n FROM deliveries WHERE status <> 'pending' GROUP BY 1, 2, 3, 4",
      ),
    ).toEqual([
      {
        status: "discarded",
        reason: "The target was deleted.",
        next_attempt_at: null,
        updated_at: 5,
        n: COUNT,
      },
    ]);
  });

  test("is moved in time in steps, each delivery once, and no other target's", async () => {
    const path = world.files.pathOf(webhookId);
    const dueTimes = () =>
      query<{ event_id: string; at: number }>(
        path,
        `SELECT event_id, next_attempt_at AS at FROM deliveries WHERE target_id = '${TARGET}' ORDER BY event_id`,
      );
    const before = dueTimes();
    const commit = spyOn(world.files.open(webhookId).commit, "run");
    const after = world.clock.now() + 10;
    // A small shift, so that moved due times lie among those still to be moved.
    await world.events.shiftDue({ webhookId, targetId: TARGET, after, deltaMs: -50 });
    expect(commit.mock.calls.length).toBeGreaterThan(1);
    expect(dueTimes()).toEqual(
      before.map(({ event_id, at }) => ({ event_id, at: at > after ? at - 50 : at })),
    );
    expect(
      await world.events.earliestDue({ webhookId, targetId: "another target", after: world.clock.now() - 1 }),
    ).toBe(world.clock.now());
  });
});

test("an event of another webhook is not stored, and the others of its group are", async () => {
  const [id, other] = [newId(), newId()];
  const strange = draft({ webhookId: other, targets: [pendingFor(TARGET)] });
  const [refused, own] = await Promise.allSettled([
    world.writer.run(webhookId, { name: "append", draft: strange }),
    world.append({ webhookId, id }),
  ]);
  expect([refused.status, own.status]).toEqual(["rejected", "fulfilled"]);
  expect(world.storedIds(webhookId)).toEqual([id]);
});
