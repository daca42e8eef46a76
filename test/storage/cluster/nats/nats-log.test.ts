import { afterAll, beforeAll, describe, expect } from "bun:test";
import { AppError } from "../../../../src/lib/errors.ts";
import type { EventLog, Owner } from "../../../../src/storage/cluster/event-log.ts";
import { idsIn, openTestLog, readInto } from "../../../support/nats/log-world.ts";
import { findNatsServer } from "../../../support/nats/nats-executable.ts";
import { type NatsServers, startNatsServers } from "../../../support/nats/nats-servers.ts";
import { fetchNatsServer, natsTest } from "../../../support/nats/nats-test.ts";
import { appErrorOf } from "../../../support/thrown.ts";
import { until } from "../../../support/until.ts";

/** Each test has a shard of its own. */
const SHARDS = 9;
const MiB = 1024 * 1024;
const SHARD_BYTES = 30 * MiB;

let servers: NatsServers;
let log: EventLog;
/** Another node's. */
let other: EventLog;

fetchNatsServer();
beforeAll(async () => {
  if ((await findNatsServer()) === null) return;
  servers = await startNatsServers();
  const options = { shards: SHARDS, maxBytes: SHARDS * SHARD_BYTES };
  log = await openTestLog(servers.options, options);
  other = await openTestLog(servers.options, options);
});
afterAll(async () => {
  await log?.close();
  await other?.close();
  await servers?.end();
});

const text = (value: string) => new TextEncoder().encode(value);

/** Bytes that differ at every place of a part. */
function bytesOf(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 997) bytes[at] = (at * 31 + seed) % 256;
  return bytes;
}

describe("a record", () => {
  natsTest(
    "is read by all nodes in one order, which the positions tell, from the start and from the middle",
    async () => {
      const shard = 0;
      const readings = [readInto(log, { shard }), readInto(other, { shard })];
      const positions = await Promise.all(
        Array.from({ length: 200 }, (_, n) =>
          (n % 2 ? log : other).append({ shard, id: `r-${n}`, bytes: text(`${n}`) }),
        ),
      );
      const last = Math.max(...positions);
      readings.push(readInto(other, { shard, after: 50 }));
      await Promise.all(readings.map(({ reaches }) => reaches(last)));
      const [first, second, late] = readings;
      expect(first?.entries.map(({ position }) => position)).toEqual(
        Array.from({ length: 200 }, (_, n) => n + 1),
      );
      expect(second?.entries).toEqual(first?.entries ?? []);
      expect(late?.entries).toEqual(first?.entries.slice(50) ?? []);
      for (const [n, position] of positions.entries()) {
        expect(first?.entries[position - 1]).toEqual({
          kind: "record",
          position,
          id: `r-${n}`,
          bytes: text(`${n}`),
        });
      }
      expect(readings.flatMap(({ damage }) => damage())).toEqual([]);
      expect(readings.map(({ reader }) => reader.position())).toEqual([last, last, last]);
    },
  );

  natsTest("that is appended again under the same id is stored once", async () => {
    const shard = 1;
    const record = { shard, id: "once", bytes: text("a") };
    const position = await log.append(record);
    await log.append({ ...record, id: "next" });
    expect(await other.append(record)).toBe(position);
    expect(
      await Promise.all([log.append({ ...record, id: "two" }), other.append({ ...record, id: "two" })]),
    ).toEqual([3, 3]);
    expect((await log.head(shard)).last).toBe(3);
  });

  natsTest("of 25 MiB is one entry, stored once", async () => {
    const shard = 2;
    const bytes = bytesOf(25 * MiB, 1);
    const position = await log.append({ shard, id: "large", bytes });
    expect(await other.append({ shard, id: "large", bytes })).toBe(position);
    expect((await log.head(shard)).last).toBe(position);
    const reading = readInto(other, { shard });
    await reading.reaches(position);
    const [entry] = reading.entries;
    expect(reading.entries).toHaveLength(1);
    expect(entry?.kind === "record" && entry.id === "large" && Buffer.compare(entry.bytes, bytes) === 0).toBe(
      true,
    );
    // A reader that goes on from there gets the next one.
    const after = readInto(log, { shard, after: position });
    const next = await log.append({ shard, id: "small", bytes: text("a") });
    await after.reaches(next);
    expect(idsIn(after.entries)).toEqual(["small"]);
  });

  natsTest("of many parts is never mixed with others", async () => {
    const shard = 3;
    const records = Array.from({ length: 12 }, (_, n) => ({
      shard,
      id: `r-${n}`,
      bytes: bytesOf(n % 3 === 0 ? 10 : 512 * 1024 + n, n),
    }));
    const reading = readInto(log, { shard });
    const positions = await Promise.all(records.map((record, n) => (n % 2 ? log : other).append(record)));
    await reading.reaches(Math.max(...positions));
    expect(reading.entries).toHaveLength(12);
    for (const [n, { id, bytes }] of records.entries()) {
      const entry = reading.entries.find(({ position }) => position === positions[n]);
      expect(entry?.kind === "record" && entry.id === id && Buffer.compare(entry.bytes, bytes) === 0).toBe(
        true,
      );
    }
    expect(reading.damage()).toEqual([]);
  });

  natsTest("of which only the first parts arrived is no entry", async () => {
    const shard = 4;
    const { connect, headers, nkeyAuthenticator } = await import("@nats-io/transport-node");
    const nats = await connect({
      servers: servers.options.url.replace("nats://", "").split(","),
      authenticator: nkeyAuthenticator(text(servers.options.credentials ?? "")),
    });
    for (const part of [1, 2]) {
      const fields = headers();
      fields.set("Nats-Batch-Id", "cut-off");
      fields.set("Nats-Batch-Sequence", `${part}`);
      fields.set("Webhooker-Part", `${part}/3`);
      await nats.request(`whlog.${shard}.b`, "half", { timeout: 5_000, headers: fields });
    }
    await nats.close();
    const position = await log.append({ shard, id: "whole", bytes: text("a") });
    const reading = readInto(log, { shard });
    await reading.reaches(position);
    expect(reading.entries).toEqual([{ kind: "record", position: 1, id: "whole", bytes: text("a") }]);
    expect(reading.damage()).toEqual([]);
  });

  natsTest("needs an id, and has at most 64 MiB", async () => {
    const bytes = text("a");
    for (const id of ["", "a b", "a.b", "x".repeat(65), "a\r\nb"]) {
      expect(log.append({ shard: 0, id, bytes })).rejects.toThrow(RangeError);
    }
    const error = await appErrorOf(() =>
      log.append({ shard: 0, id: "a", bytes: new Uint8Array(64 * MiB + 1) }),
    );
    expect(error.kind).toBe("too_large");
  });
});

describe("a claim", () => {
  natsTest("is won by one of the nodes that make it at once", async () => {
    const partition = 5;
    for (let round = 1, last: Owner | null = null; round <= 5; round++) {
      const results: (Owner | null)[] = await Promise.all(
        ["a", "b", "c"].map((node, n) => (n === 1 ? other : log).claim({ partition, node, last })),
      );
      const won = results.filter((owner) => owner !== null);
      expect(won).toHaveLength(1);
      expect(won[0]?.epoch).toBe(round);
      last = won[0] ?? null;
    }
    const reading = readInto(log, { shard: partition });
    await reading.reaches(5);
    const epochs = reading.entries.map((entry) => (entry.kind === "claim" ? entry.owner.epoch : null));
    expect(epochs).toEqual([1, 2, 3, 4, 5]);
  });

  natsTest("fails if it does not name the latest one", async () => {
    const partition = 6;
    const first = await log.claim({ partition, node: "a", last: null });
    expect(first).toEqual({ node: "a", epoch: 1, position: 1 });
    const second = await other.claim({ partition, node: "b", last: first });
    expect(second).toEqual({ node: "b", epoch: 2, position: 2 });
    expect(await log.claim({ partition, node: "a", last: first })).toBeNull();
    expect(await log.claim({ partition, node: "a", last: null })).toBeNull();
    expect((await log.head(6)).last).toBe(2);
  });
});

describe("a log that was trimmed", () => {
  natsTest("still names the owners at each position that is kept", async () => {
    const shard = 7;
    const partitions = [shard, shard + SHARDS, shard + 2 * SHARDS];
    const [quiet = 0, busy = 0, late = 0] = partitions;
    const record = (id: string) => log.append({ shard, id, bytes: text(id) });

    const quietOwner = await log.claim({ partition: quiet, node: "a", last: null });
    const busyOwner = await log.claim({ partition: busy, node: "a", last: null });
    await record("r-3");
    await record("r-4");
    const busyAgain = await log.claim({ partition: busy, node: "b", last: busyOwner });
    const lateOwner = await log.claim({ partition: late, node: "b", last: null });
    await record("r-7");
    const owners = async (at: number): Promise<unknown> =>
      [...(await log.owners(shard, at))].toSorted(([a], [b]) => a - b);
    const before = [
      [quiet, quietOwner],
      [busy, busyOwner],
    ];
    const after = [
      [quiet, quietOwner],
      [busy, busyAgain],
      [late, lateOwner],
    ];
    expect(await owners(0)).toEqual([]);
    expect(await owners(3)).toEqual(before);
    expect(await owners(7)).toEqual(after);

    await log.trim(shard, 3);
    expect(await log.head(shard)).toMatchObject({ first: 4, last: 8 });
    expect(await owners(3)).toEqual(before);
    expect(await owners(4)).toEqual(before);
    expect(await owners(7)).toEqual(after);
    // The claim that would have gone is repeated behind all others, under the same epoch.
    const repeated = { node: "a", epoch: 1, position: 8 };
    expect(await owners(8)).toEqual([[quiet, repeated], ...after.slice(1)]);
    expect(await log.claim({ partition: quiet, node: "b", last: quietOwner })).toBeNull();
    expect(await log.claim({ partition: quiet, node: "b", last: repeated })).toEqual({
      node: "b",
      epoch: 2,
      position: 9,
    });

    const reading = readInto(other, { shard, after: 3 });
    await reading.reaches(9);
    expect(reading.entries.map(({ position }) => position)).toEqual([4, 5, 6, 7, 8, 9]);
    expect(reading.entries[4]).toEqual({ kind: "claim", position: 8, partition: quiet, owner: repeated });
    // Once more, with nothing to do but to drop.
    await log.trim(shard, 3);
    expect((await log.head(shard)).last).toBe(9);
  });

  natsTest("tells a reader that needs what is gone, which reads nothing then", async () => {
    const shard = 7;
    const { first } = await log.head(shard);
    const reading = readInto(log, { shard, after: 1 });
    expect(await reading.meets("trimmed")).toEqual({ kind: "trimmed", position: 1, first });
    expect(reading.entries).toEqual([]);
  });
});

describe("a full log", () => {
  natsTest(
    "refuses records at once, drops nothing, and takes records again after a trim that keeps claims",
    async () => {
      const shard = 8;
      const owner = await log.claim({ partition: shard, node: "a", last: null });
      const positions: number[] = [];
      const fill = async (size: number, name: string): Promise<AppError> => {
        for (let n = 0; ; n++) {
          try {
            positions.push(await log.append({ shard, id: `${name}-${n}`, bytes: bytesOf(size, n) }));
          } catch (error) {
            if (error instanceof AppError) return error;
            throw error;
          }
        }
      };
      await fill(4 * MiB, "large");
      await fill(100_000, "small");
      const since = performance.now();
      expect(await fill(50, "tiny")).toMatchObject({ kind: "unavailable", code: "log_full" });
      expect(performance.now() - since).toBeLessThan(20_000);
      // Nor is there room for a claim, and records that it has are still found.
      expect((await appErrorOf(() => log.claim({ partition: shard, node: "b", last: owner }))).code).toBe(
        "log_full",
      );
      expect(await other.append({ shard, id: "large-0", bytes: bytesOf(4 * MiB, 0) })).toBe(
        positions[0] ?? 0,
      );

      const last = positions.at(-1) ?? 0;
      expect(await log.head(shard)).toMatchObject({ first: 1, last });
      const reading = readInto(other, { shard });
      await reading.reaches(last);
      expect(reading.entries.map(({ position }) => position)).toEqual([1, ...positions]);

      const middle = positions[2] ?? 0;
      await log.trim(shard, middle);
      expect((await log.head(shard)).first).toBe(middle + 1);
      expect((await log.owners(shard, middle)).get(shard)).toEqual(owner ?? undefined);
      expect(await log.append({ shard, id: "again", bytes: text("a") })).toBe(last + 2);
      await reading.reaches(last + 2);
      expect(reading.damage()).toEqual([]);
    },
  );
});

describe("heartbeats", () => {
  natsTest("reach every node, the sender too, until it stops listening", async () => {
    const heard: unknown[] = [];
    const both = Promise.withResolvers<void>();
    const listen = (who: string) => (node: string, data: unknown) => {
      heard.push([who, node, data]);
      if (heard.length === 2) both.resolve();
    };
    const ends = [log.onBeat(listen("log")), other.onBeat(listen("other"))];
    // The servers know of both listeners once they have answered something later.
    await Promise.all([log.head(0), other.head(0)]);
    log.beat("a", { lag: 3, version: "1.0.0" });
    await both.promise;
    expect(heard.toSorted()).toEqual(["log", "other"].map((who) => [who, "a", { lag: 3, version: "1.0.0" }]));

    ends[0]?.();
    const again = Promise.withResolvers<void>();
    other.onBeat(() => again.resolve());
    await other.head(0);
    other.beat("b", null);
    await again.promise;
    expect(heard.slice(2)).toEqual([["other", "b", null]]);
  });
});

describe("clusters of different names", () => {
  natsTest("have the same servers and know nothing of each other", async () => {
    const [orders, payments, again] = await Promise.all(
      ["orders", "payments", "orders"].map((cluster) =>
        openTestLog(servers.options, { cluster, shards: 1, maxBytes: SHARD_BYTES }),
      ),
    );
    if (!orders || !payments || !again) throw new Error("three logs were opened");
    try {
      const beats: unknown[][] = [[], []];
      for (const [index, log] of [again, payments].entries())
        log.onBeat((...beat) => beats[index]?.push(beat));
      await Promise.all(
        [orders, payments].map((log) => log.append({ shard: 0, id: "same", bytes: text("x") })),
      );
      await orders.append({ shard: 0, id: "more", bytes: text("y") });
      expect(await orders.claim({ partition: 0, node: "a", last: null })).toMatchObject({ position: 3 });
      expect(await payments.claim({ partition: 0, node: "a", last: null })).toMatchObject({ position: 2 });
      const [first, second] = [readInto(again), readInto(payments)];
      await Promise.all([first.reaches(3), second.reaches(2)]);
      expect([idsIn(first.entries), idsIn(second.entries)]).toEqual([["same", "more"], ["same"]]);
      const kinds = [first, second].map(({ entries }) => entries.map(({ kind }) => kind));
      expect(kinds).toEqual([
        ["record", "record", "claim"],
        ["record", "claim"],
      ]);
      await orders.trim(0, 2);
      expect(await again.owners(0, 3)).toEqual(new Map([[0, { node: "a", epoch: 1, position: 3 }]]));
      expect([(await orders.head(0)).first, (await payments.head(0)).first]).toEqual([3, 1]);
      orders.beat("a", "orders");
      payments.beat("b", "payments");
      await until(() => beats.every((each) => each.length > 0));
      expect(beats).toEqual([[["a", "orders"]], [["b", "payments"]]]);
    } finally {
      await Promise.all([orders, payments, again].map((log) => log.close()));
    }
  });
});
