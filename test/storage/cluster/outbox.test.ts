/** A node's memory of the records that it has appended. */
import { describe, expect, test } from "bun:test";
import { nextTurn } from "../../../src/lib/pauses.ts";
import type { ClusterEntry } from "../../../src/storage/cluster/entries.ts";
import { FORMATS, Formats, readableByAll } from "../../../src/storage/cluster/formats.ts";
import { createOutbox } from "../../../src/storage/cluster/outbox.ts";
import { decodeRecord } from "../../../src/storage/cluster/record.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { draft } from "../storage-world.ts";

function world(isLeading = false, formats = new Formats([])) {
  const readable = { by: 1 };
  const records: { id: string; bytes: Uint8Array; budgetMs: number | undefined }[] = [];
  const clock = createFakeClock();
  /** Resolve the appends of a log that is silent; null for one that answers. */
  const silent: { answers: ((position: number) => void)[] | null } = { answers: null };
  const outbox = createOutbox({
    log: {
      append({ id, bytes }, budgetMs) {
        records.push({ id, bytes, budgetMs });
        const { answers } = silent;
        return answers === null
          ? Promise.resolve(records.length)
          : new Promise((resolve) => answers.push(resolve));
      },
    },
    node: "one",
    epoch: () => (isLeading ? 7 : undefined),
    onProof: () => undefined,
    clock,
    readable: () => readable.by,
    formats,
  });
  /** Resolves once the log has it. */
  function put(body = "hello", name: "append" | "keepRejected" = "append"): Promise<number> {
    const event = draft({ webhookId: "w1", body: Buffer.from(body) });
    const command = name === "append" ? { name, draft: event } : ({ name, draft: event } as never);
    return new Promise((resolve, reject) => {
      const waiter = { stored: resolve, applied: () => undefined, failed: reject };
      outbox.put({ entry: { webhookId: "w1", command }, waiter });
    });
  }
  return { outbox, records, put, readable, clock, silent };
}

test("what comes in one turn of the event loop is one record", async () => {
  const { records, put } = world();
  await Promise.all(Array.from({ length: 50 }, () => put()));
  expect(records.map(({ bytes }) => decodeRecord(bytes).entries.length)).toEqual([50]);
});

test("a record has at most 256 entries, and about 384 KiB unless one entry is larger", async () => {
  const { records, put } = world();
  await Promise.all(Array.from({ length: 300 }, () => put()));
  await Promise.all([put("x".repeat(1_000_000)), put("y".repeat(300_000)), put("z".repeat(300_000))]);
  expect(records.map(({ bytes }) => decodeRecord(bytes).entries.length)).toEqual([256, 44, 1, 1, 1]);
});

test("a leader's records have its epoch", async () => {
  const [leader, follower] = [world(true), world()];
  await Promise.all([leader.put(), follower.put()]);
  expect(leader.records.map(({ bytes }) => decodeRecord(bytes).epoch)).toEqual([7]);
  expect(follower.records.map(({ bytes }) => decodeRecord(bytes).epoch)).toEqual([undefined]);
});

test("a mark is a record of nothing, and is known by its position once the log has it", async () => {
  const { outbox, records, put, silent } = world();
  await put();
  silent.answers = [];
  const seen: number[] = [];
  const mark = outbox.putMark().then((position) => seen.push(position));
  await nextTurn();
  expect(seen).toEqual([]);
  silent.answers[0]?.(7);
  await mark;
  expect(seen).toEqual([7]);
  expect(decodeRecord(records[1]?.bytes ?? new Uint8Array()).entries).toEqual([]);
});

test("a record is kept until the reader brings it back", async () => {
  const { outbox, records, put } = world();
  await put();
  const id = records[0]?.id ?? "";
  expect(outbox.take(id)?.entries).toHaveLength(1);
  expect(outbox.take(id)).toBeNull();
});

test("stored events beyond 32 MiB are not kept, as the log has them; what somebody waits for is", async () => {
  const { outbox, records, put } = world();
  const large = "x".repeat(20 * 1024 * 1024);
  for (let n = 0; n < 3; n++) await put(large);
  await put("small", "keepRejected");
  const kept = records.map(({ id }) => outbox.take(id) !== null);
  expect(kept).toEqual([true, false, false, true]);
});

test("once the reader brings nothing more, changes that wait for it fail, those to come too", async () => {
  const { outbox } = world(true);
  const change = (onStored: () => void) =>
    new Promise((_, reject) => {
      const command = { name: "replay", eventId: "e", targetIds: [], now: 1 } as const;
      const waiter = { stored: onStored, applied: () => undefined, failed: reject };
      outbox.put({ entry: { webhookId: "w1", command }, waiter });
    });
  const ended = new Error("the reader has ended");
  const isStored = Promise.withResolvers<void>();
  const before = change(isStored.resolve);
  await isStored.promise;
  outbox.abandon(ended);
  await expect(before).rejects.toBe(ended);
  await expect(change(() => undefined)).rejects.toBe(ended);
});

describe("entries of a later format", () => {
  const isEvent = (entry: ClusterEntry) => "command" in entry && entry.command.name === "append";
  const without = (entry: ClusterEntry): ClusterEntry =>
    !("command" in entry) || entry.command.name !== "append"
      ? entry
      : {
          ...entry,
          command: { ...entry.command, draft: { ...entry.command.draft, body: Buffer.from("before") } },
        };
  const formatsOf = (records: readonly { bytes: Uint8Array }[]) =>
    records.map(({ bytes }) => Number(/"v":(\d+)/.exec(Buffer.from(bytes).toString("latin1"))?.[1]));

  test("are refused until all nodes read it, and the others of the same turn are not", async () => {
    const { put, records, readable } = world(true, new Formats([{ isIn: isEvent, before: null }]));
    const [refused, kept] = await Promise.allSettled([put(), put("x", "keepRejected")]);
    expect([refused.status, kept.status]).toEqual(["rejected", "fulfilled"]);
    expect(refused).toMatchObject({ reason: { kind: "unavailable", code: "nodes_to_upgrade" } });
    expect(formatsOf(records)).toEqual([1]);
    readable.by = 2;
    await put();
    expect(formatsOf(records)).toEqual([1, 2]);
  });

  test("are written as the format before has them if it can", async () => {
    const formats = new Formats([
      { isIn: (entry) => isEvent(entry) && bodyOf(entry) !== "before", before: without },
    ]);
    const { put, records, readable } = world(true, formats);
    await put();
    expect(formatsOf(records)).toEqual([1]);
    expect(decodeRecord(records[0]?.bytes ?? new Uint8Array()).entries.map(bodyOf)).toEqual(["before"]);
    readable.by = 2;
    await put();
    expect(formatsOf(records)).toEqual([1, 2]);
  });
});

test("a format is read by all once each node that was heard lately reads it, and this one has listened for a while", () => {
  const { newest } = FORMATS;
  const node = (format: number, at: number) => ({ at, beat: { format } });
  const all = [node(newest + 1, 900_000), node(newest, 1_000_000)];
  expect(readableByAll(all, { now: 1_000_000, since: 0 })).toBe(newest);
  expect(readableByAll([...all, node(0, 900_000)], { now: 1_000_000, since: 0 })).toBe(0);
  expect(readableByAll([...all, node(0, 1)], { now: 1_000_000, since: 0 })).toBe(newest);
  expect(readableByAll([node(newest, 1_000_000)], { now: 1_000_000, since: 999_000 })).toBe(1);
});

function bodyOf(entry: unknown): string {
  const { command } = entry as { command: { draft: { body: Uint8Array } } };
  return Buffer.from(command.draft.body).toString();
}

test("what waits behind records under way has no more time than they have, counted from its own beginning", async () => {
  const { put, clock, silent, records } = world();
  silent.answers = [];
  const all: Promise<number>[] = [];
  for (let n = 0; n < 8; n++) {
    all.push(put());
    await twoTurns();
    clock.advance(500);
  }
  clock.advance(7_000);
  for (let n = 0; n < 8; n++) {
    silent.answers[n]?.(n + 1);
    await twoTurns();
  }
  await Promise.all(all);
  // The first three at once; then those of 1.5 to 2.5 s, with 11 s gone, and those of 3 to 3.5 s.
  expect(records.map(({ budgetMs }) => budgetMs)).toEqual([12_000, 12_000, 12_000, 2_500, 4_000]);
  expect(records.map(({ bytes }) => decodeRecord(bytes).entries.length)).toEqual([1, 1, 1, 3, 2]);
});

test("a node that is being stopped gives all up once a silent log had 1.5 seconds, also what comes later", async () => {
  const { outbox, records, put, clock, silent } = world();
  await put();
  outbox.take(records[0]?.id ?? "");
  silent.answers = [];
  outbox.hurry();
  clock.advance(60_000);
  const all = Promise.allSettled(Array.from({ length: 1_200 }, () => put()));
  await twoTurns();
  clock.advance(1_499);
  await twoTurns();
  expect(records).toHaveLength(4);
  clock.advance(1);
  const outcomes = [...(await all), ...(await Promise.allSettled([put()]))];
  expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
  expect(records).toHaveLength(4);
  await outbox.drained();
});

test("a node that is being stopped waits for a log that goes on answering", async () => {
  const { outbox, put, clock, silent } = world();
  silent.answers = [];
  outbox.hurry();
  const all = Array.from({ length: 1_200 }, () => put());
  await twoTurns();
  for (let n = 0; n < 5; n++) {
    clock.advance(1_400);
    silent.answers[n]?.(n + 1);
    await twoTurns();
  }
  expect(await Promise.all(all)).toHaveLength(1_200);
});

test("a node that is being stopped does not wait for changes that the log has and no longer brings back", async () => {
  const { outbox, clock } = world(true);
  outbox.hurry();
  const isStored = Promise.withResolvers<void>();
  const change = new Promise((_, reject) => {
    const command = { name: "replay", eventId: "e", targetIds: [], now: 1 } as const;
    const waiter = { stored: () => isStored.resolve(), applied: () => undefined, failed: reject };
    outbox.put({ entry: { webhookId: "w1", command }, waiter });
  });
  await isStored.promise;
  clock.advance(1_500);
  await expect(change).rejects.toThrow("This node was stopped while the cluster's log did not answer.");
});

/** An entry waits for the end of a turn of the event loop; its append is answered in the next one. */
async function twoTurns(): Promise<void> {
  await nextTurn();
  await nextTurn();
}
