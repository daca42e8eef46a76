import { describe, expect, test } from "bun:test";
import { Slots } from "../../src/delivery/slots.ts";
import { type TargetQueue, type TargetQueueState, TargetQueues } from "../../src/delivery/target-queue.ts";

const slots = new Slots();

function setUp() {
  const queues = new TargetQueues();
  const add = (targetId: string) => queues.getOrAdd({ webhookId: "w", targetId }, () => slots.newShare());
  return { queues, add };
}

function takeAll(queues: TargetQueues): string[] {
  const taken: string[] = [];
  for (let queue = queues.next(); queue; queue = queues.next()) taken.push(queue.targetId);
  return taken;
}

const DUE_AT = 1_000;

/** How a new queue, which is idle, gets into each state. */
const WAYS: Record<TargetQueueState, (queue: TargetQueue) => void> = {
  ready: (queue) => queue.enqueue(),
  starved: (queue) => queue.starve(),
  blocked: (queue) => queue.block(),
  resting: (queue) => queue.rest(DUE_AT),
  idle: () => {},
};

const VERBS = {
  enqueue: (queue) => queue.enqueue(),
  beginTurn: (queue) => queue.beginTurn(),
  starve: (queue) => queue.starve(),
  block: (queue) => queue.block(),
  unblock: (queue) => queue.unblock(),
  restUntilDue: (queue) => queue.rest(DUE_AT),
  restForGood: (queue) => queue.rest(null),
  wakeEarly: (queue) => queue.wakeIfDue(DUE_AT - 1),
  wakeInTime: (queue) => queue.wakeIfDue(DUE_AT),
  noteHeld: (queue) => queue.noteHeld(),
  forgetHeld: (queue) => queue.forgetHeld(),
  claimFrom: (queue) => queue.claimFrom(0),
  claimedUpTo: (queue) => queue.claimedUpTo({ dueAt: 1, count: 1 }),
} satisfies Record<string, (queue: TargetQueue) => unknown>;

type Verb = keyof typeof VERBS;

/** The verbs that lead into another state; the others leave the queue where it is. */
const MOVES: Record<TargetQueueState, Partial<Record<Verb, TargetQueueState>>> = {
  ready: { beginTurn: "idle", block: "blocked" },
  starved: { enqueue: "ready", block: "blocked" },
  blocked: { unblock: "idle" },
  resting: {
    enqueue: "ready",
    starve: "starved",
    block: "blocked",
    restForGood: "idle",
    wakeInTime: "ready",
  },
  idle: { enqueue: "ready", starve: "starved", block: "blocked", restUntilDue: "resting" },
};

describe("a queue", () => {
  for (const [state, moves] of Object.entries(MOVES) as [TargetQueueState, (typeof MOVES)["idle"]][]) {
    for (const [verb, act] of Object.entries(VERBS) as [Verb, (queue: TargetQueue) => unknown][]) {
      const after = moves[verb] ?? state;
      test(`that is ${state} is ${after} after ${verb}`, () => {
        const { queues, add } = setUp();
        const queue = add("a");
        WAYS[state](queue);
        expect(queue.state).toBe(state);
        act(queue);
        expect(queue.state).toBe(after);
        expect([queues.hasReady, queues.hasStarved]).toEqual([after === "ready", after === "starved"]);
      });
    }
  }

  test("keeps its next due time through its turns, until it rests anew or the time has come", () => {
    for (const way of [WAYS.ready, WAYS.starved, WAYS.blocked]) {
      const { queues, add } = setUp();
      const queue = add("a");
      queue.rest(DUE_AT);
      way(queue);
      expect(queue.dueAt).toBe(DUE_AT);
      queue.unblock();
      queues.wakeStarved();
      queue.beginTurn();
      expect([queue.state, queue.dueAt]).toEqual(["resting", DUE_AT]);
      queue.wakeIfDue(DUE_AT);
      expect([queue.state, queue.dueAt]).toEqual(["ready", null]);
    }
  });

  test("is blocked until each of its blocks has ended, and has its turn then if one was asked for", () => {
    const asking: ((queue: TargetQueue) => void)[] = [
      (queue) => queue.enqueue(),
      (queue) => queue.starve(),
      (queue) => {
        queue.rest(DUE_AT);
        queue.wakeIfDue(DUE_AT);
      },
    ];
    for (const ask of asking) {
      const queue = setUp().add("a");
      queue.block();
      queue.block();
      ask(queue);
      queue.unblock();
      expect(queue.state).toBe("blocked");
      queue.unblock();
      expect(queue.state).toBe("ready");
    }
  });

  test("that was ready or starved before its block has its turn after it, one that rested goes on resting", () => {
    const after = { ready: "ready", starved: "ready", resting: "resting", idle: "idle" } as const;
    for (const [state, expected] of Object.entries(after) as [keyof typeof after, TargetQueueState][]) {
      const queue = setUp().add("a");
      WAYS[state](queue);
      queue.block();
      queue.unblock();
      expect(queue.state).toBe(expected);
      queue.unblock();
      expect(queue.state).toBe(expected);
    }
  });

  test("does not remember a turn that an earlier block was asked for", () => {
    const queue = setUp().add("a");
    queue.block();
    queue.enqueue();
    queue.unblock();
    queue.beginTurn();
    queue.block();
    queue.unblock();
    expect(queue.state).toBe("idle");
  });

  test("claims from where the last full claim ended, and from the start every quarter of a second", () => {
    const queue = setUp().add("a");
    const front = { dueAt: 7, count: 2 };
    expect(queue.claimFrom(1_000)).toBeNull();
    queue.claimedUpTo(front);
    expect([queue.claimFrom(1_001), queue.claimFrom(1_249)]).toEqual([front, front]);
    expect([queue.claimFrom(1_250), queue.claimFrom(1_251)]).toEqual([null, front]);
    queue.claimedUpTo(null);
    expect(queue.claimFrom(1_252)).toBeNull();
  });
});

test("queues have their turn in the order in which they became ready, each once", () => {
  const { queues, add } = setUp();
  for (const targetId of ["b", "a", "b", "c", "a"]) add(targetId).enqueue();
  expect(takeAll(queues)).toEqual(["b", "a", "c"]);
  expect(queues.hasReady).toBe(false);
});

test("a starved queue has its turn after those that are ready, once it is woken", () => {
  const { queues, add } = setUp();
  add("a").starve();
  add("b").enqueue();
  expect([queues.hasReady, queues.hasStarved]).toEqual([true, true]);
  queues.wakeStarved();
  expect(takeAll(queues)).toEqual(["b", "a"]);
  expect(queues.hasStarved).toBe(false);
});

test("the queues that are due are woken, and the next due time of the others is told", () => {
  const { queues, add } = setUp();
  for (const [targetId, dueAt] of [
    ["late", 9],
    ["due", 4],
    ["next", 6],
    ["now", 5],
    ["never", null],
  ] as const) {
    add(targetId).rest(dueAt);
  }
  expect(queues.wakeDue(5)).toBe(6);
  expect(takeAll(queues)).toEqual(["due", "now"]);
  expect([queues.wakeDue(6), queues.wakeDue(9), queues.wakeDue(10)]).toEqual([9, null, null]);
  expect(takeAll(queues)).toEqual(["next", "late"]);
});

test("a queue is forgotten only when nothing is to come of it", () => {
  const needs: ((queue: TargetQueue) => void)[] = [
    WAYS.resting,
    WAYS.blocked,
    WAYS.ready,
    (queue) => queue.noteHeld(),
    (queue) => queue.share.inFlight.set("e", 1),
    (queue) => {
      queue.starve();
      queue.rest(DUE_AT);
    },
  ];
  for (const need of needs) {
    const { queues, add } = setUp();
    const queue = add("a");
    need(queue);
    expect(queues.forgetIfIdle(queue)).toBe(false);
    expect(add("a")).toBe(queue);
  }
  const { queues, add } = setUp();
  const queue = add("a");
  queue.starve();
  expect(queues.forgetIfIdle(queue)).toBe(true);
  expect([...queues.all(), queues.hasStarved]).toEqual([false]);
  expect(add("a")).not.toBe(queue);
});

test("two webhooks' files that name the same target have a queue each", () => {
  const { queues, add } = setUp();
  const other = queues.getOrAdd({ webhookId: "x", targetId: "a" }, () => slots.newShare());
  expect(add("a")).not.toBe(other);
  expect([...queues.webhookIds()]).toEqual(["x", "w"]);
});
