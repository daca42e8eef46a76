/** The event file stores the hours in which an entrypoint received events, once each, and deletes old ones. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { eventMigrations } from "../../../src/storage/event-db/migrations/index.ts";
import type { Rhythms } from "../../../src/storage/event-db/numbers/rhythm.ts";
import { createRhythmReader } from "../../../src/storage/reader/rhythms.ts";
import { createStorageWorld, query, type StorageWorld } from "../storage-world.ts";

const HOUR = 3_600_000;
const START = 500_000 * HOUR;
const webhookId = "018f0000-0000-7000-8000-000000000001";

let world: StorageWorld;

beforeEach(() => {
  world = createStorageWorld();
});
afterEach(() => world.dispose());

async function receive(entrypointId: string, at: number): Promise<void> {
  await world.append({ webhookId, entrypointId, receivedAt: at });
}

async function rhythms(): Promise<Rhythms> {
  return (await createRhythmReader(world.files)([webhookId])).get(webhookId) ?? new Map();
}

async function hoursOf(entrypointId: string): Promise<readonly number[]> {
  const rhythm = (await rhythms()).get(entrypointId);
  return rhythm?.hours.map((hour) => (hour - START) / HOUR) ?? [];
}

test("each hour is stored once for each entrypoint, also after the file was closed", async () => {
  for (const minutes of [0, 1, 59, 60, 200]) await receive("a", START + minutes * 60_000);
  await receive("b", START + 2 * HOUR);
  await world.files.closeAll();
  await receive("a", START + 3 * HOUR + 1);
  expect(await hoursOf("a")).toEqual([0, 1, 3]);
  expect(await hoursOf("b")).toEqual([2]);
  expect((await rhythms()).get("a")?.lastEventAt).toBe(START + 200 * 60_000);
});

test("files that are missing or no database have none, and the others are read", async () => {
  await receive("a", START);
  const torn = "018f0000-0000-7000-8000-000000000002";
  await Bun.write(world.files.pathOf(torn), "no database at all".repeat(100));
  const read = await createRhythmReader(world.files)([torn, crypto.randomUUID(), webhookId]);
  expect([...read.values()].map((each) => each.size)).toEqual([0, 0, 1]);
});

test("hours older than five weeks are deleted", async () => {
  await receive("a", START);
  await receive("b", START);
  await receive("a", START + 35 * 24 * HOUR);
  expect(await hoursOf("a")).toEqual([0, 840]);
  await receive("a", START + 35 * 24 * HOUR + HOUR);
  expect(await hoursOf("a")).toEqual([840, 841]);
  expect(await hoursOf("b")).toEqual([0]);
});

test("an older file keeps the hours that can only be its one entrypoint's", () => {
  const db = new Database(":memory:");
  const before = eventMigrations.findIndex((sql) => sql.includes("CREATE TABLE entrypoint_hours"));
  for (const sql of eventMigrations.slice(0, before)) db.run(sql);
  db.run("INSERT INTO entrypoint_tallies (entrypoint_id, events, last_event_at) VALUES ('a', 3, 9)");
  db.run("INSERT INTO hourly_tallies VALUES (1, 2, 0, 0, 0), (2, 0, 0, 1, 0), (3, 1, 0, 0, 0)");
  db.run(eventMigrations[before] ?? "");
  expect(db.query("SELECT * FROM entrypoint_hours").all()).toEqual([
    { entrypoint_id: "a", hour: 1 },
    { entrypoint_id: "a", hour: 3 },
  ]);
  db.close();
});

test("the hour of a rolled back transaction is stored the next time", async () => {
  await receive("a", START);
  const path = world.files.pathOf(webhookId);
  const file = world.files.open(webhookId);
  file.begin.run();
  file.tally.received("a", START + HOUR);
  file.tally.write();
  file.rollback.run();
  file.tally.clear();
  await receive("a", START + HOUR);
  expect(query<{ n: number }>(path, "SELECT count(*) AS n FROM entrypoint_hours")[0]?.n).toBe(2);
});
