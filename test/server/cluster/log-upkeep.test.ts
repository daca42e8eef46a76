/** The log is trimmed to what all nodes have, and no further than a node needs that takes copies. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { startLogUpkeep } from "../../../src/server/cluster/log-upkeep.ts";
import type { Beat } from "../../../src/storage/cluster/beat.ts";
import type { HeardNode } from "../../../src/storage/cluster/leadership.ts";
import { createStorageWorld, type StorageWorld } from "../../storage/storage-world.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";
import { createTestMainDb, type TestMainDb } from "../../support/main-db.ts";
import { createRecordingLog } from "../../support/recording-log.ts";

const MINUTE = 60_000;

let clock: FakeClock;
let main: TestMainDb;
let world: StorageWorld;
let trimmed: number[];
let nodes: Map<string, HeardNode>;
/** Nodes that are heard no more. */
let silent: Set<string>;
let stop: () => Promise<void>;

beforeEach(() => {
  clock = createFakeClock();
  main = createTestMainDb(clock);
  world = createStorageWorld();
  trimmed = [];
  nodes = new Map();
  silent = new Set();
  start(2);
});

afterEach(async () => {
  await stop();
  await world.dispose();
  main.dispose();
});

function start(copies: number): void {
  ({ stop } = startLogUpkeep({
    eventLog: { trim: async (_, upTo) => void trimmed.push(upTo) },
    applier: { applied: () => 0, takeTouched: () => [] },
    files: world.files,
    vacuum: world.writer.vacuum,
    mainDb: main.mainDb,
    nodes: () =>
      [...nodes.values()].map((each) => (silent.has(each.node) ? each : { ...each, at: clock.monotonic() })),
    copies,
    isLeading: () => true,
    onSynced: () => undefined,
    clock,
    log: createRecordingLog().log,
  }));
}

function hear(node: string, synced: number, files: Beat["files"] = "all"): void {
  const place = {
    url: "",
    version: "1",
    leads: null,
    isDraining: false,
    copies: 2,
    room: 0,
    format: 1,
    needsUpgrade: false,
  };
  nodes.set(node, { node, at: clock.monotonic(), beat: { ...place, applied: synced, synced, files } });
}

function pass(minutes: number): void {
  for (let minute = 0; minute < minutes; minute++) clock.advance(MINUTE);
}

test("entries go ten minutes after all nodes have them, spares too", () => {
  hear("a", 900);
  hear("b", 800);
  hear("c", 700, "none");
  pass(10);
  expect(trimmed).toEqual([]);
  pass(1);
  expect(trimmed).toEqual([700]);
});

test("entries stay while only one node with event files is heard, unless one is enough", async () => {
  hear("a", 900);
  hear("c", 900, "none");
  pass(30);
  expect(trimmed).toEqual([]);
  await stop();
  start(1);
  pass(11);
  expect(trimmed).toEqual([900]);
});

test("entries stay that a node needs which takes copies, also if all had them before", () => {
  hear("a", 900);
  hear("b", 900);
  pass(9);
  hear("c", 500, "coming");
  pass(20);
  expect(Math.max(...trimmed)).toBeLessThanOrEqual(500);
});

test("a node that has no copy yet holds up nothing", () => {
  hear("a", 900);
  hear("b", 900);
  hear("c", 0, "coming");
  pass(11);
  expect(trimmed).toEqual([900]);
});

function behind(node: string): void {
  hear("a", 900);
  hear("b", 900);
  hear(node, 500, node === "spare" ? "none" : "all");
  silent.add(node);
}

test("a silent keeper is waited for a day, but no longer than it is listed, whoever leads", () => {
  behind("c");
  main.mainDb.keepers.add("c", 0);
  pass(30);
  expect(Math.max(...trimmed)).toBeLessThanOrEqual(500);
  // Another leader than this one has forgotten it.
  main.mainDb.keepers.remove("c");
  pass(11);
  expect(trimmed.at(-1)).toBe(900);
});

test("a silent keeper that is listed is waited for no longer than a day", () => {
  behind("c");
  main.mainDb.keepers.add("c", 0);
  pass(24 * 60 + 11);
  expect(trimmed.at(-1)).toBe(900);
});

test("a silent spare is waited for as long as it is to find in the log what it lacks", () => {
  behind("spare");
  pass(15);
  expect(Math.max(...trimmed)).toBeLessThanOrEqual(500);
  pass(10);
  expect(trimmed.at(-1)).toBe(900);
});
