/** One step of a replay leaves scans of bodies to the next, and those that it most likely needs. */
import { expect, test } from "bun:test";
import { ReplayMemory, type StepMemory } from "../../../../src/storage/event-db/replays/replay-memory.ts";
import type { ReplayRun } from "../../../../src/storage/event-db/replays/replay-run.ts";
import { newReplayTarget } from "../../../../src/storage/event-db/replays/replay-target.ts";

const id = (n: number) => String(n).padStart(5, "0");
const NOTHING: StepMemory = { backlogs: [], stopped: [], turn: "" };

function runWith(cursors: Readonly<Record<string, number>>): ReplayRun {
  return {
    id: "run",
    state: "running",
    selection: { kind: "filter", filter: { text: "needle" } },
    targetId: null,
    onlyMissing: false,
    cursor: id(7_000),
    lastEventId: id(9_999),
    matched: null,
    replayed: 0,
    skipped: 0,
    targets: Object.entries(cursors).map(([targetId, at]) => newReplayTarget({ targetId, cursor: id(at) })),
    reason: null,
    askedBy: "ada",
    createdAt: 0,
    updatedAt: 0,
  };
}

/** Scans of a thousand ids each. */
function memoryOf(...thousands: readonly number[]): ReplayMemory {
  const memory = new ReplayMemory();
  for (const at of thousands) {
    const eventIds = Array.from({ length: 999 }, (_, n) => id(at * 1_000 + n + 1));
    memory.addScan({ after: id(at * 1_000), upTo: id(at * 1_000 + 1_000), eventIds });
  }
  return memory;
}

test("a step is given what a scan found beyond its cursor, up to a limit, and goes on from there", () => {
  const memory = memoryOf(1);
  const found: string[] = [];
  for (let cursor = id(1_300); ; ) {
    const scan = memory.findScan(cursor);
    if (scan === null) break;
    expect(scan.after).toBe(cursor);
    expect(scan.eventIds.length).toBeLessThanOrEqual(500);
    found.push(...scan.eventIds);
    cursor = scan.upTo;
  }
  expect(found).toEqual(Array.from({ length: 699 }, (_, n) => id(1_301 + n)));
  expect(memory.findScan(id(2_000))).toBeNull();
});

test("the next step most likely begins at the next cursor after the last one that can move", () => {
  const memory = memoryOf(1, 3, 5, 7);
  const nextAfter = (
    turn: string,
    stopped: StepMemory["stopped"],
    run = runWith({ a: 1_500, b: 3_500, c: 5_500 }),
  ) => {
    memory.take({ run, memory: { ...NOTHING, turn, stopped } });
    return memory.nextScan()?.after ?? null;
  };
  expect(nextAfter("", [])).toBe(id(1_500));
  expect(nextAfter(id(1_500), [])).toBe(id(3_500));
  expect(nextAfter(id(5_500), [])).toBe(id(1_500));
  expect(nextAfter("", [["a", id(1_500)]])).toBe(id(3_500));
  // It has moved since.
  expect(nextAfter("", [["a", id(1_400)]])).toBe(id(1_500));
  expect(nextAfter("", [], runWith({}))).toBe(id(7_000));
  expect(nextAfter("", [], runWith({ a: 2_500 }))).toBeNull();
});

test("backlogs and stopped targets are given to the next step, and what others found meanwhile", () => {
  const memory = new ReplayMemory();
  const left: StepMemory = { backlogs: [["a", 5]], stopped: [["a", id(1)]], turn: id(1) };
  memory.take({ run: null, memory: left });
  expect(memory.given).toEqual(left);
  memory.backlogs.set("a", 3);
  expect(memory.given.backlogs).toEqual([["a", 3]]);
});
