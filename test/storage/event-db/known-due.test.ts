/** The cache of due deliveries always agrees with the file. */
import { afterEach, beforeEach, expect, spyOn, test } from "bun:test";
import fc from "fast-check";
import { newId } from "../../../src/lib/ids.ts";
import type { DueDelivery } from "../../../src/storage/event-db/types.ts";
import { createThrottleStore } from "../../../src/storage/stores/throttle-store.ts";
import { createStorageWorld, pendingFor, type StorageWorld, settlement } from "../storage-world.ts";

const TARGET = "target";
const HOUR_MS = 3_600_000;

let world: StorageWorld;
let webhookId: string;

beforeEach(() => {
  world = createStorageWorld();
  webhookId = newId();
});

afterEach(() => world.dispose());

const of = () => ({ webhookId, targetId: TARGET, now: world.clock.now() });

async function add(count = 1, orderKey?: string): Promise<void> {
  const goal = { ...pendingFor(TARGET), ...(orderKey !== undefined && { orderKey }) };
  await Promise.all(Array.from({ length: count }, () => world.append({ webhookId, targets: [goal] })));
}

function claim(inFlight: readonly string[] = [], limit = 1_000): Promise<readonly DueDelivery[]> {
  const flight = new Map(inFlight.map((id) => [id, true]));
  return world.events.claimDue({
    ...of(),
    beyond: world.clock.now() + HOUR_MS,
    limit,
    inFlight: flight,
    front: null,
  });
}

async function settle({ eventId, attempts, replays }: DueDelivery, retryInMs: number | null): Promise<void> {
  const again = retryInMs === null ? null : world.clock.now() + retryInMs;
  const status = again === null ? "delivered" : "pending";
  const one = { eventId, targetId: TARGET, replays, status, nextAttemptAt: again } as const;
  const error = again === null ? null : "answered 500";
  await world.events.settle(webhookId, settlement(one, { attempt: attempts + 1, error }));
}

const countReads = () => spyOn(world.files.open(webhookId).deliveries.due, "all");

test("deliveries that come after all were claimed are claimed without reading the file", async () => {
  await add(2);
  const first = await claim();
  const reads = countReads();
  await add(3);
  const inFlight = first.map(({ eventId }) => eventId);
  const next = await claim(inFlight);
  expect(next).toHaveLength(3);
  for (const due of [...first, ...next]) await settle(due, null);
  expect(await claim()).toEqual([]);
  expect(await world.events.earliestDue({ ...of(), after: world.clock.now() })).toBeNull();
  expect(reads).not.toHaveBeenCalled();
});

test("a claim from the cache equals a claim from the file", async () => {
  await claim();
  await add();
  const known = await claim();
  world.files.open(webhookId).knownDue.forgetAll();
  expect(known).toEqual(await claim());
});

test("a backlog stays in the file", async () => {
  await claim();
  await add(300);
  const reads = countReads();
  expect(await claim([], 10)).toHaveLength(10);
  expect(reads).toHaveBeenCalled();
});

test("changes of a failed transaction are not in the cache", async () => {
  await add();
  const [due] = await claim();
  const file = world.files.open(webhookId);
  const commit = spyOn(file.commit, "run").mockImplementation(() => {
    throw Object.assign(new Error("disk full"), { code: "SQLITE_FULL" });
  });
  const failed = await Promise.allSettled([add(), due && settle(due, null)]);
  expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  commit.mockRestore();
  expect((await claim()).map(({ eventId }) => eventId)).toEqual([due?.eventId ?? ""]);
});

test("a due time too far ahead counts as due, whatever else is waited for", async () => {
  await add(2);
  const [soon, far] = await claim();
  if (soon) await settle(soon, 400);
  if (far) await settle(far, 2 * HOUR_MS);
  expect((await claim()).map(({ eventId }) => eventId)).toEqual([far?.eventId ?? ""]);
});

type Act =
  | Readonly<{ kind: "add"; count: number; orderKey: string | undefined }>
  | Readonly<{ kind: "claim"; limit: number }>
  | Readonly<{ kind: "settle"; which: number; retryInMs: number | null }>
  | Readonly<{ kind: "lose" | "replay"; which: number }>
  | Readonly<{ kind: "wait"; ms: number }>
  | Readonly<{ kind: "discard" | "hold" | "release" }>;

const which = fc.nat(20);
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("add" as const),
      count: fc.integer({ min: 1, max: 4 }),
      orderKey: fc.constantFrom(undefined, undefined, undefined, "a", "b"),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("claim" as const), limit: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("settle" as const),
      which,
      retryInMs: fc.constantFrom(null, null, 0, 40, 400, 2 * HOUR_MS),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("lose" as const, "replay" as const), which }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      ms: fc.constantFrom(1, 30, 100, 300, HOUR_MS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom("discard" as const, "hold" as const, "release" as const),
    }),
  },
);

test("whatever happens, a claim finds all that is due in the file", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 60 }), async (acts) => {
      webhookId = newId();
      const throttle = createThrottleStore(world);
      const seen: string[] = [];
      let inFlight: DueDelivery[] = [];
      const ids = () => inFlight.map(({ eventId }) => eventId);
      const perform = async (one: Act): Promise<void> => {
        switch (one.kind) {
          case "add":
            return add(one.count, one.orderKey);
          case "claim": {
            const due = await claim(ids(), one.limit);
            inFlight.push(...due);
            seen.push(...due.map(({ eventId }) => eventId));
            return;
          }
          case "settle": {
            const [due] = inFlight.splice(one.which % Math.max(1, inFlight.length), 1);
            if (due) await settle(due, one.retryInMs);
            return;
          }
          case "lose":
            inFlight = inFlight.filter((_, at) => at !== one.which % Math.max(1, inFlight.length));
            return;
          case "replay": {
            const eventId = seen[one.which % Math.max(1, seen.length)];
            if (eventId !== undefined) {
              await world.events.replay({ ...of(), eventId, targetIds: [TARGET] });
            }
            return;
          }
          case "wait":
            world.clock.advance(one.ms);
            return;
          case "discard":
            await world.events.discardPending({ ...of(), reason: "Not wanted." });
            return;
          case "hold":
            await throttle.holdPending(of());
            return;
          case "release":
            await throttle.releaseHeld({ ...of(), limit: 3 });
        }
      };
      for (const one of acts) {
        await perform(one);
        const { db } = world.files.open(webhookId);
        const now = world.clock.now();
        const due = db
          .query<
            { event_id: string; at: number; attempts: number; replays: number },
            [string, number, number]
          >(
            `SELECT event_id, next_attempt_at AS at, attempts, replays FROM deliveries
              WHERE target_id = ?1 AND status = 'pending' AND (next_attempt_at <= ?2 OR next_attempt_at > ?3)`,
          )
          .all(TARGET, now, now + HOUR_MS)
          .filter(({ event_id }) => !inFlight.some(({ eventId }) => eventId === event_id));
        const timely = due.filter(({ at }) => at <= now);
        const expected = timely.length > 0 ? timely : due;
        const found = (await claim(ids())).map(({ eventId, dueAt, attempts, replays }) => ({
          event_id: eventId,
          at: dueAt,
          attempts,
          replays,
        }));
        expect(found).toHaveLength(expected.length);
        expect(found).toEqual(expect.arrayContaining(expected));
        const next = db
          .query<{ at: number | null }, [string, number]>(
            `SELECT min(next_attempt_at) AS at FROM deliveries
              WHERE target_id = ? AND status = 'pending' AND next_attempt_at > ?`,
          )
          .get(TARGET, now);
        expect(await world.events.earliestDue({ ...of(), after: now })).toBe(next?.at ?? null);
      }
    }),
    { numRuns: 150 },
  );
});
