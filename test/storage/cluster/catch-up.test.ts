/** Requests wait until their node has the rows that the log had when they came, and strangers make it ask seldom. */
import { beforeEach, expect, test } from "bun:test";
import type { AppError } from "../../../src/lib/errors.ts";
import { nextTurn } from "../../../src/lib/pauses.ts";
import { type CatchUp, createCatchUp } from "../../../src/storage/cluster/catch-up.ts";
import { LogProgress } from "../../../src/storage/cluster/log-progress.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";
import { thrownBy } from "../../support/thrown.ts";

type Question = Readonly<{ answer: (position: number) => void; fail: (error: Error) => void }>;

let clock: FakeClock;
let questions: Question[];
let rows: LogProgress;
let catchUp: CatchUp;

beforeEach(() => {
  clock = createFakeClock();
  questions = [];
  rows = new LogProgress(0);
  catchUp = createCatchUp({
    append() {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      questions.push({ answer: resolve, fail: reject });
      return promise;
    },
    mayLead: () => false,
    rowsReached: (position) => rows.reached(position),
    clock,
  });
});

async function turns(): Promise<void> {
  for (let n = 0; n < 5; n++) await nextTurn();
}

function apply(position: number): void {
  rows.begin(position, 0);
}

/** Its outcome so far. */
function watch(promise: Promise<void>): { state: string } {
  const seen = { state: "waits" };
  promise.then(
    () => (seen.state = "caught up"),
    (error: AppError) => (seen.state = error.code),
  );
  return seen;
}

test("a request waits until its node has applied what the log had", async () => {
  const waiting = watch(catchUp.caughtUp(0));
  await turns();
  questions[0]?.answer(2);
  apply(1);
  await turns();
  expect(waiting.state).toBe("waits");
  apply(2);
  await turns();
  expect(waiting.state).toBe("caught up");
});

test("requests share a question, but none that was asked before they came", async () => {
  const first = [watch(catchUp.caughtUp(0)), watch(catchUp.caughtUp(0))];
  await turns();
  expect(questions).toHaveLength(1);
  const later = [watch(catchUp.caughtUp(0)), watch(catchUp.caughtUp(0))];
  await turns();
  questions[0]?.answer(0);
  await turns();
  expect(first.map(({ state }) => state)).toEqual(["caught up", "caught up"]);
  expect(later.map(({ state }) => state)).toEqual(["waits", "waits"]);
  clock.advance(100);
  await turns();
  expect(questions).toHaveLength(2);
  questions[1]?.answer(0);
  await turns();
  expect(later.map(({ state }) => state)).toEqual(["caught up", "caught up"]);
});

test("the log is asked ten times a second at most", async () => {
  for (let ms = 0; ms < 1_000; ms += 10) {
    void catchUp.caughtUp(0);
    await turns();
    for (const { answer } of questions) answer(0);
    await turns();
    clock.advance(10);
  }
  expect(questions).toHaveLength(10);
});

test("a request is refused as one to send again when the log does not answer, or cannot be applied, in a second", async () => {
  const unanswered = watch(catchUp.caughtUp(0));
  await turns();
  clock.advance(999);
  await turns();
  expect(unanswered.state).toBe("waits");
  clock.advance(1);
  await turns();
  expect(unanswered.state).toBe("behind");
  questions[0]?.answer(7);
  const unapplied = catchUp.caughtUp(0);
  const seen = watch(unapplied);
  await turns();
  clock.advance(1_000);
  await turns();
  expect(seen.state).toBe("behind");
  expect(await thrownBy(() => unapplied)).toMatchObject({ kind: "unavailable", retryAfterSeconds: 3 });
  // Nobody is asked anew, as what was asked first cannot be applied yet.
  expect(questions).toHaveLength(1);
});

test("a request is refused at once when the log says that it is out of reach, and the next one asks again", async () => {
  const waiting = watch(catchUp.caughtUp(0));
  await turns();
  questions[0]?.fail(new Error("out of reach"));
  await turns();
  expect(waiting.state).toBe("behind");
  clock.advance(100);
  const next = watch(catchUp.caughtUp(0));
  await turns();
  questions[1]?.answer(0);
  await turns();
  expect(next.state).toBe("caught up");
});

test("a thousand requests wait at most, and 32 MiB of bodies, but for a larger one that is alone", async () => {
  const MIB = 1024 ** 2;
  const large = watch(catchUp.caughtUp(64 * MIB));
  const second = watch(catchUp.caughtUp(1));
  await turns();
  expect([large.state, second.state]).toEqual(["waits", "behind"]);
  questions[0]?.answer(0);
  await turns();
  expect(large.state).toBe("caught up");
  const many = Array.from({ length: 1_001 }, () => watch(catchUp.caughtUp(1)));
  await turns();
  expect(many.filter(({ state }) => state === "behind")).toHaveLength(1);
  clock.advance(100);
  await turns();
  questions[1]?.answer(0);
  await turns();
  expect(many.filter(({ state }) => state === "caught up")).toHaveLength(1_000);
});
