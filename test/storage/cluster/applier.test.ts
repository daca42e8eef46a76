/** Every node applies the log's entries to its event files, in order and once. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { newId } from "../../../src/lib/ids.ts";
import { nextTurn } from "../../../src/lib/pauses.ts";
import { FORMATS } from "../../../src/storage/cluster/formats.ts";
import { encodeRecord } from "../../../src/storage/cluster/record.ts";
import { UnfitRows } from "../../../src/storage/main-db/replication/apply-rows.ts";
import { dedupKey, draft, pendingFor, settlement } from "../storage-world.ts";
import { createNodes, type Nodes, type TestNode } from "./applier-world.ts";

let nodes: Nodes;

beforeEach(() => {
  nodes = createNodes();
});

afterEach(() => nodes.dispose());

const event = (webhookId = "w1") => draft({ webhookId, targets: [pendingFor("t")] });

const replay = (eventId: string) => ({ name: "replay", eventId, targetIds: ["t"], now: 5_000 }) as const;

async function appended(node: TestNode, webhookId = "w1") {
  const stored = event(webhookId);
  await node.writer.append(stored);
  return stored;
}

test("entries of a webhook whose file comes from another node wait for it, and no others", async () => {
  const one = nodes.add("one");
  await one.lead();
  const two = nodes.add("two");
  await two.applier.reached(1);
  const arriving = Promise.withResolvers<void>();
  two.awaited.set("w1", arriving);
  const rows = [{ rows: [{ table: "webhooks", gone: { id: "w1" } }] }];
  const waiter = { stored: () => undefined, applied: () => undefined, failed: () => undefined };
  await one.outbox.putRecord(
    "rows",
    rows.map((entry) => ({ entry, waiter })),
  );
  const [held, passing] = [await appended(one), await appended(one, "w2")];
  while (!existsSync(two.world.files.pathOf("w2"))) await nextTurn();
  while (!two.world.storedIds("w2").includes(passing.id)) await nextTurn();
  expect(existsSync(two.world.files.pathOf("w1"))).toBeFalse();
  // Until it has the file, it does not count as having read so far, and does not lead.
  expect(two.applier.applied()).toBe(1);
  // Its main database has all, which is enough to know entrypoints.
  await two.applier.rowsReached(nodes.log.entries.length);
  two.awaited.clear();
  arriving.resolve();
  await nodes.settled();
  expect(two.world.storedIds("w1")).toEqual([held.id]);
});

describe("a comparison", () => {
  const ask = (node: TestNode, compare: string, webhookId = "w1") =>
    new Promise<unknown>((resolve, reject) => {
      const waiter = { stored: () => undefined, applied: resolve, failed: reject };
      node.outbox.put({ entry: { webhookId, compare }, waiter });
    });

  test("sees at all nodes what comes before it in the log, and nothing that comes after it", async () => {
    const one = nodes.add("one");
    await one.lead();
    const two = nodes.add("two");
    const all = [appended(one), appended(one), ask(one, "first"), appended(one), ask(one, "second")];
    await Promise.all([...all, appended(two), appended(one)]);
    await nodes.settled();
    for (const node of [one, two]) expect([...node.compared.keys()]).toEqual(["first", "second"]);
    for (const id of ["first", "second"]) expect(two.compared.get(id)).toEqual(one.compared.get(id));
    expect(one.compared.get("first")).not.toEqual(one.compared.get("second"));
    expect(one.compared.get("second")).not.toEqual(one.digest("w1"));
    expect(two.digest("w1")).toEqual(one.digest("w1"));
  });

  test("shows a file that is not as the others", async () => {
    const one = nodes.add("one");
    await one.lead();
    const two = nodes.add("two");
    const stored = await appended(one);
    await nodes.settled();
    two.world.files.open("w1").db.run("UPDATE events SET body = x'00' WHERE id = ?", [stored.id]);
    await ask(one, "after");
    await nodes.settled();
    expect(two.compared.get("after")).not.toEqual(one.compared.get("after"));
  });

  test("is dropped where its leader was deposed, its webhook is none, or the node has no files", async () => {
    const [one, two, spare] = [nodes.add("one"), nodes.add("two"), nodes.add("spare", { keeps: false })];
    await one.lead();
    await expect(ask(one, "of none", "w3")).rejects.toMatchObject({ kind: "not_found" });
    await nodes.settled();
    await two.lead();
    await expect(ask(one, "late")).rejects.toMatchObject({ code: "not_leading" });
    await ask(two, "good");
    await nodes.settled();
    expect([one, two, spare].map(({ compared }) => [...compared.keys()])).toEqual([["good"], ["good"], []]);
  });
});

describe("events", () => {
  test("of any node are in every node's file, which then are equal", async () => {
    const [one, two] = [nodes.add("one"), nodes.add("two")];
    const ids = await Promise.all(
      Array.from({ length: 40 }, async (_, n) => (await appended(n % 2 ? one : two, n % 3 ? "w1" : "w2")).id),
    );
    await nodes.settled();
    const stored = (node: TestNode) => ["w1", "w2"].flatMap((id) => node.world.storedIds(id)).sort();
    expect(stored(one)).toEqual([...ids].sort());
    expect(one.digest("w1")).toEqual(two.digest("w1"));
    expect(one.digest("w2")).toEqual(two.digest("w2"));
  });

  test("are acknowledged once the log has them, though the file cannot be written", async () => {
    const one = nodes.add("one");
    const { prepare } = one.world.upkeep;
    const disk = Promise.withResolvers<void>();
    one.world.upkeep.prepare = async (path, open) => {
      await disk.promise;
      await prepare(path, open);
    };
    const stored = event();
    expect(await one.writer.append(stored)).toEqual({ eventId: stored.id, isDuplicate: false });
    expect(one.applier.applied()).toBe(0);
    disk.resolve();
    await nodes.settled();
    expect(one.world.storedIds("w1")).toEqual([stored.id]);
  });

  test("are refused while the log is out of reach", async () => {
    const one = nodes.add("one");
    one.log.cut();
    expect(one.writer.append(event())).rejects.toThrow("out of reach");
    await one.outbox.drained();
    expect(nodes.log.entries).toEqual([]);
  });

  test("whose acknowledgement got lost are applied as those of other nodes are", async () => {
    const [one, two] = [nodes.add("one"), nodes.add("two")];
    one.log.cut({ storing: true });
    const stored = event();
    expect(one.writer.append(stored)).rejects.toThrow("out of reach");
    await one.outbox.drained();
    one.log.mend();
    await nodes.settled();
    expect(one.world.storedIds("w1")).toEqual([stored.id]);
    expect(two.world.storedIds("w1")).toEqual([stored.id]);
  });

  test("that two records contain are stored once", async () => {
    const one = nodes.add("one");
    const stored = event();
    const entries = [{ webhookId: "w1", command: { name: "append", draft: stored } }] as const;
    const bytes = encodeRecord({ node: "other", entries });
    for (const id of ["a", "b"]) await one.log.append({ shard: 0, id, bytes });
    const later = await appended(one);
    await nodes.settled();
    expect(one.world.storedIds("w1")).toEqual([stored.id, later.id].sort());
  });

  test("of a deleted webhook are left out", async () => {
    const [one, two] = [nodes.add("one"), nodes.add("two")];
    nodes.webhooks.delete("w2");
    const entries = [{ webhookId: "w2", command: { name: "append", draft: event("w2") } }] as const;
    await one.log.append({ shard: 0, id: newId(), bytes: encodeRecord({ node: "one", entries }) });
    const kept = await appended(one);
    await nodes.settled();
    expect(two.world.storedIds("w1")).toEqual([kept.id]);
    expect(two.world.files.isOpen("w2")).toBeFalse();
  });

  test("tell the rest of the program, on every node, that there is something to deliver", async () => {
    const [one, two] = [nodes.add("one"), nodes.add("two")];
    await appended(one);
    await nodes.settled();
    expect(one.world.due).toEqual(["w1"]);
    expect(two.world.due).toEqual(["w1"]);
  });

  test("a duplicate is told from the first on whatever node it comes", async () => {
    const [one, two] = [nodes.add("one"), nodes.add("two")];
    const [first, second] = [event(), event()];
    const once = (node: TestNode, of: typeof first) =>
      node.writer.run("w1", { name: "appendOnce", draft: of, dedupKey: dedupKey() });
    expect(await once(one, first)).toEqual({ eventId: first.id, isDuplicate: false });
    expect(await once(two, second)).toEqual({ eventId: first.id, isDuplicate: true });
  });
});

test("a file counts as written once its entry is in it, not while it waits", async () => {
  const one = nodes.add("one");
  const { prepare } = one.world.upkeep;
  const disk = Promise.withResolvers<void>();
  one.world.upkeep.prepare = async (path, open) => {
    await disk.promise;
    await prepare(path, open);
  };
  await appended(one);
  // Read from the log, and waiting for its file.
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(one.applier.takeTouched()).toEqual([]);
  disk.resolve();
  await nodes.settled();
  expect(one.applier.takeTouched()).toEqual(["w1"]);
  expect(one.applier.takeTouched()).toEqual([]);
});

describe("a node that starts again", () => {
  test("applies what it lacks, and nothing twice", async () => {
    const [one, two] = [nodes.add("one"), nodes.add("two")];
    await appended(one);
    await nodes.settled();
    const { dataDir } = two.world;
    await two.stop();
    await appended(one);
    await appended(one, "w2");
    // From the beginning, as after a power cut that took the note of the position.
    const again = nodes.add("two", { dataDir, after: 0 });
    await nodes.settled();
    expect(again.digest("w1")).toEqual(one.digest("w1"));
    expect(again.digest("w2")).toEqual(one.digest("w2"));
    expect(again.world.errors).toEqual([]);
  });

  test("does not take a position in another log for one in this", async () => {
    const one = nodes.add("one");
    one.world.inFile("w1", (file) => {
      file.logPosition.advance({ born: "another", position: 1_000, entry: 0 });
    });
    const stored = await appended(one);
    await nodes.settled();
    expect(one.world.storedIds("w1")).toEqual([stored.id]);
  });
});

describe("a file that cannot be written", () => {
  test("is written later, in order, and holds up no other file", async () => {
    const [one, two] = [nodes.add("one"), nodes.add("two")];
    const { prepare } = two.world.upkeep;
    two.world.upkeep.prepare = (path, open) =>
      path.includes("w1") ? Promise.reject(new Error("no disk")) : prepare(path, open);
    two.world.files.open = ((open) => (id: string) => {
      if (id === "w1" && two.world.upkeep.prepare !== prepare) throw new Error("no disk");
      return open.call(two.world.files, id);
    })(two.world.files.open);
    const first = await appended(one);
    await one.writer.settle("w1", settlement({ eventId: first.id, targetId: "t" }));
    const other = await appended(one, "w2");
    await two.world.writer.drain();
    expect(two.world.storedIds("w2")).toEqual([other.id]);
    expect(two.applier.isBlocked()).toBeTrue();
    two.world.upkeep.prepare = prepare;
    while (two.applier.applied() < nodes.log.entries.length) {
      two.world.clock.advance(2_000);
      await two.world.writer.drain();
    }
    expect(two.applier.isBlocked()).toBeFalse();
    expect(two.digest("w1")).toEqual(one.digest("w1"));
  });
});

test("a node that has stopped writes nothing more to its files, which another may have open", async () => {
  const [one, two] = [nodes.add("one"), nodes.add("two")];
  let tries = 0;
  two.world.files.open = () => {
    tries++;
    throw new Error("no disk");
  };
  await appended(one);
  while (!two.applier.isBlocked()) await new Promise((resolve) => setImmediate(resolve));
  await two.applier.stop();
  const before = tries;
  two.world.clock.advance(10_000);
  await two.world.writer.drain();
  expect(tries).toBe(before);
});

describe("a command that its file refuses", () => {
  test("is refused alike by all nodes, and what follows it is applied", async () => {
    const [one, two] = [nodes.add("one"), nodes.add("two")];
    await one.lead();
    const stored = await appended(one);
    const run = { name: "addFieldEntries" } as never;
    await expect(one.writer.run("w1", run)).rejects.toThrow();
    await one.writer.settle("w1", settlement({ eventId: stored.id, targetId: "t" }));
    await nodes.settled();
    expect(one.digest("w1")).toEqual(two.digest("w1"));
    expect(two.applier.isBlocked()).toBeFalse();
  });
});

test("a record that cannot be read is not skipped: the node says that it cannot go on", async () => {
  const [one, two] = [nodes.add("one"), nodes.add("two")];
  await one.log.append({ shard: 0, id: "bad", bytes: new Uint8Array([0, 0, 0, 9]) });
  await one.writer.append(event());
  while (!two.applier.isBlocked()) await new Promise((resolve) => setImmediate(resolve));
  expect(two.troubles.map(({ kind }) => kind)).toEqual(["failed"]);
  expect(two.applier.applied()).toBe(0);
});

describe("leadership", () => {
  test("a follower's changes of deliveries are refused at once", async () => {
    const [one, two] = [nodes.add("one"), nodes.add("two")];
    await one.lead();
    const stored = await appended(two);
    await expect(two.writer.run("w1", replay(stored.id))).rejects.toThrow("does not lead");
    expect(await one.writer.run("w1", replay(stored.id))).toBeTrue();
  });

  test("what a deposed leader changed is left out by all alike, but for events and deliveries that arrived", async () => {
    const [one, two] = [nodes.add("one"), nodes.add("two")];
    const old = await one.lead();
    const [first, second] = [await appended(one), await appended(one)];
    await nodes.settled();
    await two.lead();
    await nodes.settled();
    const third = event();
    const failed = settlement({ eventId: first.id, targetId: "t", status: "failed" }, { statusCode: 500 });
    const arrived = settlement({ eventId: second.id, targetId: "t" });
    const commands = [
      { name: "settle", settlement: failed },
      { name: "settle", settlement: arrived },
      { name: "append", draft: third },
    ] as const;
    const entries = commands.map((command) => ({ webhookId: "w1", command }));
    const late = encodeRecord({ node: "one", epoch: old.epoch, entries });
    await one.log.append({ shard: 0, id: newId(), bytes: late });
    await nodes.settled();
    const states = one.world.inFile("w1", ({ db }) =>
      db.query("SELECT event_id, status FROM deliveries ORDER BY event_id").values(),
    );
    expect(states).toEqual(
      [
        [first.id, "pending"],
        [second.id, "delivered"],
        [third.id, "pending"],
      ].sort(),
    );
    expect(one.digest("w1")).toEqual(two.digest("w1"));
  });

  test("what a leader wrote when it knew already that another leads is left out by all too", async () => {
    const [one, two] = [nodes.add("one"), nodes.add("two")];
    await one.lead();
    const stored = await appended(one);
    await nodes.settled();
    await two.lead();
    await nodes.settled();
    const failed = settlement({ eventId: stored.id, targetId: "t", status: "failed" }, { statusCode: 500 });
    await expect(one.writer.settle("w1", failed)).rejects.toThrow("does not lead");
    const waiter = { stored: () => {}, applied: () => {}, failed: () => {} };
    await one.outbox.putRecord("r1", [
      { entry: { rows: [{ table: "webhooks", row: { id: "w3" } }] }, waiter },
    ]);
    await nodes.settled();
    const states = (node: TestNode) =>
      node.world.inFile("w1", ({ db }) => db.query("SELECT status FROM deliveries").values());
    expect([states(one), states(two)]).toEqual([[["pending"]], [["pending"]]]);
    expect([one.rows, two.rows]).toEqual([[], []]);
    expect(one.troubles.map(({ kind }) => kind)).toEqual(["diverged"]);
  });

  test("what no leader wrote is left out by all, but for what any node may store", async () => {
    const [one, two] = [nodes.add("one"), nodes.add("two")];
    await one.lead();
    const stored = event();
    const failed = settlement({ eventId: stored.id, targetId: "t", status: "failed" }, { statusCode: 500 });
    const entries = [
      { webhookId: "w1", command: { name: "append", draft: stored } },
      { webhookId: "w1", command: { name: "settle", settlement: failed } },
      { rows: [{ table: "webhooks", row: { id: "w3" } }] },
    ];
    await two.log.append({ shard: 0, id: newId(), bytes: encodeRecord({ node: "two", entries }) });
    await nodes.settled();
    const states = two.world.inFile("w1", ({ db }) => db.query("SELECT status FROM deliveries").values());
    expect(states).toEqual([["pending"]]);
    expect(one.digest("w1")).toEqual(two.digest("w1"));
    expect(two.rows).toEqual([]);
  });

  test("a deposed leader's waiting change is refused", async () => {
    const [one, two] = [nodes.add("one"), nodes.add("two")];
    await one.lead();
    const stored = await appended(one);
    await nodes.settled();
    const led = two.lead();
    // The claim is in the log before it, and not known here yet.
    const changed = one.writer.run("w1", replay(stored.id));
    await expect(changed).rejects.toThrow("does not lead");
    await led;
  });

  test("rows of the leader come to followers as whole transactions, and not back to it", async () => {
    const [one, two] = [nodes.add("one"), nodes.add("two")];
    await one.lead();
    const row = (n: number) => ({ table: "webhooks", row: { id: `w${n}` } });
    const waiter = { stored: () => {}, applied: () => {}, failed: () => {} };
    await one.outbox.putRecord("r1", [{ entry: { rows: [row(1)], more: true }, waiter }]);
    await one.applier.reached(2);
    await one.outbox.putRecord("r2", [{ entry: { rows: [row(2)] }, waiter }]);
    await nodes.settled();
    expect(two.rows).toEqual([{ rows: [row(1), row(2)], position: 3 }]);
    expect(one.rows).toEqual([]);
  });
});

describe("a node that meets what a later version wrote", () => {
  const later = { webhookId: "w1", command: { name: "laterCommand", of: 1 } };

  test.each([
    ["a record of a later format", encodeRecord({ node: "next", entries: [] }, FORMATS.newest + 1)],
    ["a command that it does not have", encodeRecord({ node: "next", entries: [later] })],
  ])("applies neither that nor anything after it: %s", async (_, bytes) => {
    const one = nodes.add("one");
    const before = await appended(one);
    await nodes.settled();
    await one.log.append({ shard: 0, id: newId(), bytes });
    const after = appended(one);
    while (!one.applier.isBlocked()) await nextTurn();
    await after;
    expect(one.troubles.map(({ kind }) => kind)).toEqual(["newer", "failed"]);
    expect(one.applier.needsUpgrade()).toBeTrue();
    expect(one.applier.applied()).toBe(1);
    expect(one.world.storedIds("w1")).toEqual([before.id]);
  });

  test("says the same of rows that do not fit into its tables", async () => {
    const one = nodes.add("one");
    const other = nodes.add("other");
    nodes.failing.error = new UnfitRows("no key");
    const { epoch } = await other.lead();
    const rows = [{ table: "teams", row: { name: "Ops" } }];
    const bytes = encodeRecord({ node: "other", epoch, entries: [{ rows }] });
    await other.log.append({ shard: 0, id: newId(), bytes });
    while (!one.applier.isBlocked()) await nextTurn();
    expect(one.troubles.map(({ kind }) => kind)).toEqual(["newer", "failed"]);
    expect(one.applier.needsUpgrade()).toBeTrue();
  });
});
