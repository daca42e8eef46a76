/** Work is spread over turns of the event loop, in the order in which it was requested. */
import { beforeEach, expect, test } from "bun:test";
import { createTurnBudget, type TurnBudget } from "../../src/lib/turn-budget.ts";

let now: number;
let turns: (() => void)[];
let did: string[];
let budget: TurnBudget;

beforeEach(() => {
  now = 0;
  turns = [];
  did = [];
  budget = createTurnBudget({ ms: 5, monotonic: () => now, nextTurn: (run) => turns.push(run) });
});

/** Work that takes `ms` milliseconds. */
function work(name: string, ms: number): () => void {
  return () => {
    did.push(name);
    now += ms;
  };
}

function nextTurn(): void {
  const run = turns.shift();
  if (!run) throw new Error("no turn was asked for");
  run();
}

test("work that fits into a turn is done in the next one", () => {
  for (const name of ["a", "b", "c"]) budget.later(work(name, 1));
  expect(did).toEqual([]);
  nextTurn();
  expect(did).toEqual(["a", "b", "c"]);
  expect(turns).toEqual([]);
});

test("a turn starts nothing more once its time is spent, and the rest follows in order", () => {
  for (const name of ["a", "b", "c", "d"]) budget.later(work(name, 3));
  nextTurn();
  expect(did).toEqual(["a", "b"]);
  budget.later(work("e", 1));
  nextTurn();
  expect(did).toEqual(["a", "b", "c", "d"]);
  nextTurn();
  expect(did).toEqual(["a", "b", "c", "d", "e"]);
  expect(turns).toEqual([]);
});

test("time between two items of work is not counted", () => {
  budget.now(work("a", 3));
  now += 100;
  budget.now(work("b", 1));
  expect(did).toEqual(["a", "b"]);
});

test("immediate work runs while the turn has time left, else in the next turn", () => {
  budget.now(work("a", 3));
  budget.now(work("b", 3));
  budget.now(work("c", 3));
  expect(did).toEqual(["a", "b"]);
  nextTurn();
  budget.now(work("d", 1));
  expect(did).toEqual(["a", "b", "c", "d"]);
});

test("immediate work does not overtake waiting work", () => {
  budget.later(work("a", 1));
  budget.now(work("b", 1));
  expect(did).toEqual([]);
  nextTurn();
  expect(did).toEqual(["a", "b"]);
});
