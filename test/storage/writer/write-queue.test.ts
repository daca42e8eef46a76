/** The states of a write queue, and which of the waiting writes are written together. */
import { describe, expect, test } from "bun:test";
import { WriteQueue, type WriteQueueState } from "../../../src/storage/writer/write-queue.ts";
import { WriteQueues } from "../../../src/storage/writer/write-queues.ts";
import type { Write } from "../../../src/storage/writer/writes.ts";

const NO_BYTES = { bytes: 0, news: false, due: false };

function write(durable: boolean): Write {
  return { ...NO_BYTES, durable, apply: () => {}, resolve: () => {}, reject: () => {} };
}

/** Events and results in turn. */
function wait(queue: WriteQueue, events: number, results: number): readonly Write[] {
  const most = Math.max(events, results);
  const writes = Array.from({ length: most }, (_, n) => [
    ...(n < events ? [write(true)] : []),
    ...(n < results ? [write(false)] : []),
  ]).flat();
  for (const each of writes) queue.push(each);
  return writes;
}

/** Begins and ends groups until nothing waits. */
function takeAll(queue: WriteQueue): (readonly Write[])[] {
  const groups: (readonly Write[])[] = [];
  for (let group = queue.beginGroup(); group !== null; group = queue.beginGroup()) {
    groups.push(group);
    queue.endGroup();
  }
  return groups;
}

describe("a group", () => {
  test("of few writes has them all, in their order", () => {
    const queue = new WriteQueue("w");
    for (const [events, results] of [
      [3, 2],
      [100, 11],
      [11, 100],
    ] as const) {
      const writes = wait(queue, events, results);
      expect(takeAll(queue)).toEqual([writes]);
      expect([queue.isEmpty, queue.hasLeftOthers]).toEqual([true, false]);
    }
  });

  test("has the events of many writes of both kinds, and the next one the results with whatever has come", () => {
    const queue = new WriteQueue("w");
    const writes = wait(queue, 40, 30);
    expect(queue.beginGroup()).toEqual(writes.filter(({ durable }) => durable));
    expect(queue.hasLeftOthers).toBe(true);
    const late = wait(queue, 20, 20);
    expect(queue.beginGroup()).toEqual([...writes.filter(({ durable }) => !durable), ...late]);
    expect([queue.isEmpty, queue.hasLeftOthers]).toEqual([true, false]);
  });

  test("has its limit; what is beyond it is the next", () => {
    const queue = new WriteQueue("w");
    const writes = wait(queue, 300, 300);
    const taken = takeAll(queue);
    expect(taken.map((group) => group.length)).toEqual([256, 172, 172]);
    expect(taken.flat()).toHaveLength(writes.length);
    expect(new Set(taken.flat())).toEqual(new Set(writes));
  });
});

/** A queue in each of its states, with a write that waits; whatever the state, one group more may have to end. */
const STATES: Record<WriteQueueState, (queue: WriteQueue) => void> = {
  open: () => {},
  full: (queue) => {
    for (let group = 0; group < 2; group++) {
      queue.push(write(true));
      queue.beginGroup();
    }
  },
  closing: (queue) => {
    queue.push(write(true));
    queue.beginGroup();
    void queue.close();
  },
  closed: (queue) => void queue.close(),
};

function queueIn(state: WriteQueueState): WriteQueue {
  const queue = new WriteQueue("w");
  STATES[state](queue);
  queue.push(write(true));
  return queue;
}

/** The state after each verb, and what the verb returned where that says whether anything begins. */
const AFTER: Record<WriteQueueState, Record<string, readonly [WriteQueueState, unknown?]>> = {
  open: {
    push: ["open"],
    schedule: ["open", true],
    beginGroup: ["open", 1],
    close: ["closed"],
    reopen: ["open"],
  },
  full: {
    push: ["full"],
    schedule: ["full", false],
    beginGroup: ["full", 0],
    endGroup: ["open"],
    close: ["closing"],
    reopen: ["full"],
  },
  closing: {
    push: ["closing"],
    schedule: ["closing", false],
    beginGroup: ["closing", 0],
    endGroup: ["closed"],
  },
  closed: {
    push: ["closed"],
    schedule: ["closed", false],
    beginGroup: ["closed", 0],
    reopen: ["open"],
  },
};

const VERBS: Record<string, (queue: WriteQueue) => unknown> = {
  push: (queue) => queue.push(write(false)),
  schedule: (queue) => queue.schedule(),
  beginGroup: (queue) => queue.beginGroup()?.length ?? 0,
  endGroup: (queue) => queue.endGroup(),
  close: (queue) => void queue.close(),
  reopen: (queue) => queue.reopen(),
};

describe("a queue", () => {
  for (const [state, verbs] of Object.entries(AFTER) as [WriteQueueState, (typeof AFTER)["open"]][]) {
    for (const [verb, [after, returned]] of Object.entries(verbs)) {
      test(`that is ${state} is ${after} after ${verb}`, () => {
        const queue = queueIn(state);
        expect(queue.state).toBe(state);
        expect(VERBS[verb]?.(queue)).toBe(returned);
        expect(queue.state).toBe(after);
      });
    }
  }

  test("is scheduled once, until that turn has come", () => {
    const queue = queueIn("open");
    expect([queue.schedule(), queue.schedule(), queue.isScheduled]).toEqual([true, false, true]);
    queue.beginScheduled();
    expect([queue.isScheduled, queue.schedule()]).toEqual([false, true]);
  });

  test("begins no group without writes", () => {
    const queue = new WriteQueue("w");
    expect(queue.beginGroup()).toBeNull();
    expect([queue.state, queue.isDone]).toEqual(["open", true]);
  });

  test("is closed when the last of its groups has ended, not before", async () => {
    const queue = queueIn("full");
    let isClosed = false;
    const closed = queue.close().then(() => {
      isClosed = true;
    });
    queue.endGroup();
    await Promise.resolve();
    expect([queue.state, isClosed]).toEqual(["closing", false]);
    queue.endGroup();
    await closed;
    expect(queue.state).toBe("closed");
    queue.reopen();
    expect(queue.beginGroup()).toHaveLength(1);
  });

  test("is forgotten only when nothing waits, no group is under way and no checkpoint runs", async () => {
    const queues = new WriteQueues();
    const queue = queues.getOrAdd("w");
    const drained = queues.drained();
    const isForgotten = () => {
      queues.forgetIfDone(queue);
      return queues.getOrAdd("w") !== queue;
    };
    queue.push(write(true));
    expect(isForgotten()).toBe(false);
    queue.beginGroup();
    expect(isForgotten()).toBe(false);
    queue.beginCheckpoint();
    queue.endGroup();
    expect(isForgotten()).toBe(false);
    queue.endCheckpoint();
    expect(isForgotten()).toBe(true);
    await drained;
  });
});
