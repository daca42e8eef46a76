import { afterEach, describe, expect, test } from "bun:test";
import type { Clock } from "../../../../src/lib/clock.ts";
import type { LogEntry, LogReader, ReaderTrouble } from "../../../../src/storage/cluster/event-log.ts";
import type { StreamMessage } from "../../../../src/storage/cluster/nats/joiner.ts";
import type { Source } from "../../../../src/storage/cluster/nats/pull.ts";
import { startReader } from "../../../../src/storage/cluster/nats/reader.ts";

const IDLE_MS = 2_000;

/** A clock on which waiting takes no time. */
function createHurriedClock(): Clock & { skip: (ms: number) => void } {
  let elapsed = 0;
  return {
    now: () => elapsed,
    monotonic: () => elapsed,
    after(ms, fn) {
      const timer = setImmediate(() => {
        elapsed += ms;
        fn();
      });
      return () => clearImmediate(timer);
    },
    skip(ms) {
      elapsed += ms;
    },
  };
}

function message(sequence: number, changes: Partial<StreamMessage> = {}): StreamMessage {
  return {
    sequence,
    subject: "whlog.0.b",
    data: new Uint8Array([sequence]),
    id: `r-${sequence}`,
    part: "",
    ...changes,
  };
}

const messages = (...sequences: number[]) => sequences.map((sequence) => message(sequence));

/** Content of each server's copy; a function is asked each time. */
type Copies = Record<string, readonly StreamMessage[] | (() => readonly StreamMessage[])>;

let reader: LogReader | null = null;
afterEach(() => reader?.stop());

function read(options: {
  copies: Copies;
  /** Servers in the order in which JetStream chooses them, again and again. */
  choices: readonly string[];
  first?: number;
  last: number | (() => number);
  after?: number;
  onEntry?: (entry: LogEntry) => void | Promise<void>;
}) {
  const { copies, choices, first = 1, last, after = 0 } = options;
  const clock = createHurriedClock();
  const opened: string[] = [];
  const closed: string[] = [];
  const entries: LogEntry[] = [];
  const troubles: (ReaderTrouble & { at: number })[] = [];

  async function open(from: number): Promise<Source> {
    const server = choices[opened.length % choices.length] ?? "";
    opened.push(server);
    let at = from;
    return {
      server,
      async next() {
        const copy = copies[server] ?? [];
        const list = typeof copy === "function" ? copy() : copy;
        const more = list.filter(({ sequence }) => sequence >= at);
        at = (more.at(-1)?.sequence ?? at - 1) + 1;
        await new Promise((resolve) => setImmediate(resolve));
        if (more.length === 0) clock.skip(IDLE_MS);
        return more;
      },
      close: () => void closed.push(server),
    };
  }

  const changed = new Set<() => void>();
  const tell = () => {
    for (const check of changed) check();
  };
  reader = startReader({
    clock,
    open,
    head: async () => ({
      first,
      last: typeof last === "function" ? last() : last,
      bytes: 0,
      maxBytes: 1,
      born: "",
    }),
    after,
    async onEntry(entry) {
      await options.onEntry?.(entry);
      entries.push(entry);
      tell();
    },
    onTrouble(trouble) {
      troubles.push({ ...trouble, at: clock.monotonic() });
      tell();
    },
  });
  const until = (isTrue: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = () => {
        if (!isTrue()) return;
        changed.delete(check);
        resolve();
      };
      changed.add(check);
      check();
    });
  return {
    reader,
    clock,
    opened,
    closed,
    entries,
    troubles,
    positions: () => entries.map(({ position }) => position),
    reaches: (position: number) => until(() => entries.at(-1)?.position === position),
    meets: (kind: ReaderTrouble["kind"], times = 1) =>
      until(() => troubles.filter((trouble) => trouble.kind === kind).length >= times),
  };
}

describe("a reader whose server's copy lacks entries", () => {
  test("reads them from another server, and names the damaged copy", async () => {
    const copies = { n1: messages(1, 2, 5, 6), n2: messages(1, 2, 3, 4, 5, 6) };
    const reading = read({ copies, choices: ["n1", "n2"], last: 6 });
    await reading.reaches(6);
    expect(reading.positions()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(reading.troubles).toMatchObject([
      { kind: "damaged_copy", server: "n1", position: 3, reason: "entries 3 to 4 are missing" },
    ]);
  });

  test("does not go back to it, although JetStream chooses it again", async () => {
    const copies = { n1: messages(1, 3), n2: messages(1, 3), n3: messages(1, 2, 3) };
    const reading = read({ copies, choices: ["n1", "n1", "n2", "n1", "n2", "n3"], last: 3 });
    await reading.reaches(3);
    expect(reading.positions()).toEqual([1, 2, 3]);
    expect(
      reading.troubles.map((trouble) => (trouble.kind === "damaged_copy" ? trouble.server : trouble.kind)),
    ).toEqual(["n1", "n2"]);
    expect(reading.opened).toHaveLength(6);
    // All but the one that it reads from.
    expect(reading.closed).toHaveLength(5);
  });

  test("skips nothing if all copies lack them, and reads on once one has them again", async () => {
    let isMended = false;
    const mended = () => (isMended ? messages(1, 2, 3) : messages(1, 3));
    const reading = read({
      copies: { n1: messages(1, 3), n2: messages(1, 3), n3: mended },
      choices: ["n1", "n2", "n3"],
      last: 3,
    });
    await reading.meets("damaged", 2);
    expect(reading.positions()).toEqual([1]);
    const [one, two] = reading.troubles.filter(({ kind }) => kind === "damaged");
    expect((two?.at ?? 0) - (one?.at ?? 0)).toBeGreaterThanOrEqual(5_000);
    isMended = true;
    await reading.reaches(3);
    expect(reading.positions()).toEqual([1, 2, 3]);
  });

  test("waits before it asks again if that is the only server that is up", async () => {
    const reading = read({ copies: { n1: messages(1, 3) }, choices: ["n1"], last: 3 });
    await reading.meets("damaged", 3);
    expect(reading.positions()).toEqual([1]);
    expect(reading.troubles.at(-1)?.at).toBeGreaterThanOrEqual(10_000);
  });
});

describe("a record in parts", () => {
  const part = (sequence: number, text: string) =>
    message(sequence, { part: text, id: text === "2/2" ? "r" : "" });

  test("is one entry, at the position of its last part", async () => {
    const reading = read({
      copies: { n1: [message(1), part(2, "1/2"), part(3, "2/2"), message(4)] },
      choices: ["n1"],
      last: 4,
    });
    await reading.reaches(4);
    expect(reading.entries[1]).toEqual({ kind: "record", position: 3, id: "r", bytes: Buffer.from([2, 3]) });
    expect(reading.positions()).toEqual([1, 3, 4]);
  });

  test("is read from its first part again after its server went away", async () => {
    let isGone = false;
    const reading = read({
      copies: {
        n1: () => {
          if (isGone) throw new Error("The server was silent.");
          isGone = true;
          return [message(1), part(2, "1/2")];
        },
        n2: [message(1), part(2, "1/2"), part(3, "2/2")],
      },
      choices: ["n1", "n2"],
      last: 3,
    });
    await reading.reaches(3);
    expect(reading.positions()).toEqual([1, 3]);
    expect(reading.troubles).toMatchObject([{ kind: "interrupted", reason: "The server was silent." }]);
  });

  test.each([
    ["ends early", [part(1, "1/3"), part(2, "2/3"), message(3)], 3],
    ["begins in the middle", [part(1, "2/3"), part(2, "3/3"), message(3)], 1],
    ["repeats a part", [part(1, "1/3"), part(2, "1/3"), part(3, "3/3")], 2],
    ["changes its number of parts", [part(1, "1/3"), part(2, "2/2"), message(3)], 2],
    ["has a part that says nothing", [part(1, "1/3"), part(2, "?"), message(3)], 2],
  ])("is damage, and no entry, if it %s", async (_what, copy, position) => {
    const reading = read({ copies: { n1: copy, n2: messages(1, 2, 3) }, choices: ["n1", "n2"], last: 3 });
    await reading.reaches(3);
    expect(reading.positions()).toEqual([1, 2, 3]);
    expect(reading.troubles).toMatchObject([{ kind: "damaged_copy", server: "n1", position }]);
  });
});

test("A claim that cannot be read is damage", async () => {
  const subject = "whlog.0.own.7";
  const claim = { node: "a", epoch: 2, previous: { node: "b", epoch: 1, position: 1 } };
  const whole = message(2, { subject, data: new TextEncoder().encode(JSON.stringify(claim)) });
  const copies = { n1: [message(1), message(2, { subject })], n2: [message(1), whole] };
  const reading = read({ copies, choices: ["n1", "n2"], last: 2 });
  await reading.reaches(2);
  expect(reading.troubles).toMatchObject([
    { kind: "damaged_copy", server: "n1", position: 2, reason: "it is no claim" },
  ]);
  expect(reading.entries[1]).toEqual({
    kind: "claim",
    position: 2,
    partition: 7,
    owner: { node: "a", epoch: 2, position: 2 },
  });
});

describe("a reader", () => {
  test("leaves a server that stays behind the one that leads", async () => {
    const reading = read({
      copies: { n1: messages(1), n2: messages(1, 2) },
      choices: ["n1", "n1", "n2"],
      last: 2,
    });
    await reading.reaches(2);
    expect(reading.troubles).toMatchObject([{ kind: "stalled", server: "n1", position: 1, last: 2 }]);
    expect(reading.opened).toEqual(["n1", "n1", "n2"]);
  });

  test("takes entries that it already has for what they are", async () => {
    const reading = read({ copies: { n1: messages(1, 2, 3, 2, 3, 4) }, choices: ["n1"], last: 4 });
    await reading.reaches(4);
    expect(reading.positions()).toEqual([1, 2, 3, 4]);
  });

  test("ends if what it needs is not kept any more", async () => {
    const reading = read({ copies: { n1: messages(5, 6) }, choices: ["n1"], first: 5, last: 6, after: 3 });
    await reading.meets("trimmed");
    expect(reading.troubles).toMatchObject([{ kind: "trimmed", position: 3, first: 5 }]);
    expect([reading.opened, reading.entries]).toEqual([[], []]);
  });

  test("may begin right behind what is not kept any more", async () => {
    const reading = read({ copies: { n1: messages(5, 6) }, choices: ["n1"], first: 5, last: 6, after: 4 });
    await reading.reaches(6);
    expect(reading.troubles).toEqual([]);
  });

  test("ends if the log stays shorter than what it has read", async () => {
    const reading = read({ copies: {}, choices: ["n1"], last: 6, after: 9 });
    await reading.meets("rewound");
    expect(reading.troubles.at(-1)).toMatchObject({ kind: "rewound", position: 9, last: 6 });
    expect(reading.troubles.at(-1)?.at).toBeGreaterThanOrEqual(20_000);
    expect(reading.opened).toEqual([]);
  });

  test("waits for a server that leads to catch up with what it has read", async () => {
    let last = 6;
    const reading = read({ copies: { n1: messages(10) }, choices: ["n1"], last: () => last++, after: 9 });
    await reading.reaches(10);
    expect(reading.troubles.every(({ kind }) => kind === "interrupted")).toBe(true);
  });

  test("ends at the entry that cannot be taken", async () => {
    const error = new Error("of another version");
    const reading = read({
      copies: { n1: messages(1, 2, 3) },
      choices: ["n1"],
      last: 3,
      onEntry({ position }) {
        if (position === 2) throw error;
      },
    });
    await reading.meets("failed");
    expect(reading.troubles).toMatchObject([{ kind: "failed", position: 2, error }]);
    expect([reading.positions(), reading.reader.position()]).toEqual([[1], 1]);
    await reading.reader.stop();
  });

  test("finishes the entry under way when it is stopped, and takes no other", async () => {
    const begun = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const reading = read({
      copies: { n1: messages(1, 2, 3) },
      choices: ["n1"],
      last: 3,
      async onEntry() {
        begun.resolve();
        await held.promise;
      },
    });
    await begun.promise;
    let isStopped = false;
    const stopping = reading.reader.stop().then(() => {
      isStopped = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isStopped).toBe(false);
    held.resolve();
    await stopping;
    await new Promise((resolve) => setImmediate(resolve));
    expect([reading.positions(), reading.reader.position(), reading.troubles]).toEqual([[1], 1, []]);
  });
});
