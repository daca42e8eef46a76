import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Wants } from "../../../src/filters/target-filter.ts";
import { newId } from "../../../src/lib/ids.ts";
import { tryFilter as tryFilterIn } from "../../../src/storage/reader/filter-trial.ts";
import { createStorageWorld, type StorageWorld } from "../storage-world.ts";

let world: StorageWorld;
let webhookId: string;

beforeEach(() => {
  world = createStorageWorld();
  webhookId = newId();
});

afterEach(() => world.dispose());

const ALL: Wants = { eventTypes: [], filter: null };
const over = (amount: number): Wants => ({ eventTypes: [], filter: { body: { amount: { $gte: amount } } } });

async function receive(body: string, values: { type?: string; contentType?: string } = {}): Promise<string> {
  const { id } = await world.append({
    webhookId,
    contentType: "application/json",
    ...values,
    body: Buffer.from(body),
  });
  return id;
}

const tryFilter = (saved: Wants, proposed: Wants, last = 1_000) =>
  world.events.tryFilter(webhookId, { saved, proposed, last, asker: "ada" });

test("counts what would become of the last events, and lists those whose fate would change, newest first", async () => {
  await receive('{"amount":5}');
  const middle = await receive('{"amount":50}');
  const other = await receive('{"amount":60}');
  await receive('{"amount":500}');
  const trial = await tryFilter(over(10), over(100));
  expect(trial).toMatchObject({
    judged: 4,
    outcomes: { delivered: 1, filtered: 3, unjudged: 0 },
    changes: 2,
    isWhole: true,
  });
  expect(trial.changed.map(({ id, outcome, reason }) => ({ id, outcome, reason }))).toEqual([
    { id: other, outcome: "filtered", reason: "body.amount is 60, not ≥ 100" },
    { id: middle, outcome: "filtered", reason: "body.amount is 50, not ≥ 100" },
  ]);
  expect(trial.others).toMatchObject([{ outcome: "filtered", reason: "body.amount is 5, not ≥ 100" }]);
});

test("an event that would get through again is a change without a reason", async () => {
  const id = await receive('{"amount":50}');
  const trial = await tryFilter(over(100), ALL);
  expect(trial.changed).toMatchObject([{ id, outcome: "delivered", reason: null }]);
});

test("what cannot be judged is delivered, which is no change", async () => {
  const id = await receive("no JSON");
  const large = await receive(`"${"x".repeat(3_000_000)}"`);
  const trial = await tryFilter(ALL, over(100));
  expect(trial).toMatchObject({ outcomes: { delivered: 0, filtered: 0, unjudged: 2 }, changes: 0 });
  expect(trial.others).toMatchObject([
    { id: large, reason: "The body is larger than 1 MiB." },
    { id, reason: "The body is not valid JSON." },
  ]);
});

test("event types are judged by the stored type", async () => {
  await receive("{}", { type: "order.paid" });
  await receive("{}", { type: "refund.paid" });
  const trial = await tryFilter(ALL, { eventTypes: ["order.*"], filter: null });
  expect(trial.changed).toMatchObject([{ type: "refund.paid", outcome: "filtered" }]);
});

test("no more than the wanted number is judged, and of many only the newest are listed", async () => {
  await Promise.all(Array.from({ length: 130 }, (_, amount) => receive(`{"amount":${amount}}`)));
  expect((await tryFilter(ALL, ALL, 7)).judged).toBe(7);
  const trial = await tryFilter(ALL, over(1_000), 120);
  expect([trial.judged, trial.changes, trial.changed.length, trial.isWhole]).toEqual([120, 120, 50, true]);
});

test("the time that somebody waits for is an end, and it is said how far it came", async () => {
  await Promise.all(Array.from({ length: 60 }, () => receive("{}")));
  const db = world.files.open(webhookId).db;
  const pause = { isTimeUp: () => true, yieldToOthers: async () => undefined };
  const trial = await tryFilterIn({ db }, { saved: ALL, proposed: ALL, last: 60 }, pause);
  expect([trial.judged, trial.isWhole]).toEqual([25, false]);
});
