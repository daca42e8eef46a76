/** One turn's writes share a transaction, and an answer waits for the disk. */
import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { newId } from "../../../src/lib/ids.ts";
import type { EventFile } from "../../../src/storage/event-db/event-file.ts";
import { appErrorOf } from "../../support/thrown.ts";
import {
  createStorageWorld,
  draft,
  gate,
  pendingFor,
  type StorageWorld,
  settlement,
  turn,
} from "../storage-world.ts";

let world: StorageWorld;
let webhookId: string;
let file: EventFile;

beforeEach(async () => {
  world = createStorageWorld();
  webhookId = newId();
  await world.files.create(webhookId);
  file = world.files.open(webhookId);
});

afterEach(() => world.dispose());

/** Keeps each sync waiting for one of the returned gates, in the order of the syncs. */
function gateSyncs(): { open: () => void; fail: (error: Error) => void }[] {
  const gates: { open: () => void; fail: (error: Error) => void }[] = [];
  spyOn(file, "syncWal").mockImplementation(
    () => new Promise((resolve, reject) => gates.push({ open: resolve, fail: reject })),
  );
  return gates;
}

describe("events of one turn", () => {
  test("share one transaction and one sync", async () => {
    const commit = spyOn(file.commit, "run");
    const sync = spyOn(file, "syncWal");
    const events = await Promise.all(Array.from({ length: 50 }, () => world.append({ webhookId })));
    expect(commit).toHaveBeenCalledTimes(1);
    expect(sync).toHaveBeenCalledTimes(1);
    expect(world.storedIds(webhookId)).toEqual(events.map(({ id }) => id));
    expect(world.recorded).toEqual([webhookId]);
  });

  test("are said to be for delivery where a target waits for one of them, held or not, and not otherwise", async () => {
    await Promise.all([
      world.append({ webhookId }),
      world.append({ webhookId, targets: [{ id: "database", settlesAtIngest: true }] }),
    ]);
    expect(world.due).toEqual([]);
    await Promise.all([
      world.append({ webhookId }),
      world.append({ webhookId, targets: [{ ...pendingFor("paused"), held: true }] }),
    ]);
    expect(world.due).toEqual([webhookId]);
    await world.writer.run(webhookId, { name: "deleteRejected", ids: [] });
    expect(world.due).toEqual([webhookId, webhookId]);
  });

  test("are stored with their deliveries, those settled at ingest as delivered", async () => {
    const { id } = await world.append({
      webhookId,
      targets: [pendingFor("http"), { id: "database", settlesAtIngest: true }],
    });
    const deliveries = await world.events.listDeliveries(webhookId, id);
    expect(
      deliveries.map(({ targetId, status, nextAttemptAt }) => [targetId, status, nextAttemptAt]),
    ).toEqual([
      ["database", "delivered", null],
      ["http", "pending", world.clock.now()],
    ]);
  });

  test("fail one by one: a bad one harms none of its neighbours", async () => {
    const twice = newId();
    const outcomes = await Promise.allSettled([
      world.append({ webhookId }),
      world.append({ webhookId, id: twice, targets: [pendingFor("target")] }),
      world.append({ webhookId, id: twice, targets: [pendingFor("target")] }),
      world.append({ webhookId, targets: [pendingFor("same"), pendingFor("same")] }),
      world.append({ webhookId }),
    ]);
    const fates = outcomes.map(({ status }) => status);
    expect(fates).toEqual(["fulfilled", "fulfilled", "rejected", "rejected", "fulfilled"]);
    expect(world.storedIds(webhookId)).toHaveLength(3);
    await world.append({ webhookId });
    expect(world.storedIds(webhookId)).toHaveLength(4);
  });
});

describe("an answer", () => {
  test("waits until the disk has the event", async () => {
    const syncs = gateSyncs();
    let isAcknowledged = false;
    const appended = world.append({ webhookId }).then(() => {
      isAcknowledged = true;
    });
    await turn();
    await turn();
    expect(world.storedIds(webhookId)).toHaveLength(1);
    expect(isAcknowledged).toBe(false);
    expect(world.recorded).toEqual([]);
    syncs[0]?.open();
    await appended;
    expect(world.recorded).toEqual([webhookId]);
  });

  test("to a settlement does not wait for the disk, and wakes nobody", async () => {
    const { id } = await world.append({ webhookId, targets: [pendingFor("target")] });
    world.recorded.length = 0;
    const sync = spyOn(file, "syncWal");
    await world.events.settle(webhookId, settlement({ eventId: id, targetId: "target" }));
    expect(sync).not.toHaveBeenCalled();
    expect(world.recorded).toEqual([]);
  });

  test("to the next group is prepared while one is synced, and a third gathers meanwhile", async () => {
    const syncs = gateSyncs();
    const commit = spyOn(file.commit, "run");
    const appended: Promise<unknown>[] = [];
    for (let n = 0; n < 4; n++) {
      appended.push(world.append({ webhookId }));
      await turn();
      await turn();
    }
    expect(commit).toHaveBeenCalledTimes(2);
    syncs[0]?.open();
    await appended[0];
    expect(commit).toHaveBeenCalledTimes(3);
    syncs[1]?.open();
    syncs[2]?.open();
    await Promise.all(appended);
    expect(commit).toHaveBeenCalledTimes(3);
    expect(world.storedIds(webhookId)).toHaveLength(4);
  });
});

describe("a failed sync", () => {
  test("refuses the events that waited for it, and later ones are stored again", async () => {
    spyOn(file, "syncWal").mockRejectedValueOnce(new Error("EIO"));
    expect((await appErrorOf(() => world.append({ webhookId }))).kind).toBe("unavailable");
    await world.files.closeAll();
    const { id } = await world.append({ webhookId });
    expect(world.storedIds(webhookId)).toContain(id);
  });

  test("lets nothing be written behind it before the WAL is copied back whole", async () => {
    const { passed, open } = gate();
    const retire = world.upkeep.retire;
    world.upkeep.retire = async (path, close) => {
      await passed;
      await retire(path, close);
    };
    spyOn(file, "syncWal").mockRejectedValueOnce(new Error("EIO"));
    await appErrorOf(() => world.append({ webhookId }));
    expect((await appErrorOf(() => world.append({ webhookId }))).kind).toBe("unavailable");
    open();
    await world.files.closeAll();
    await world.append({ webhookId });
  });

  test("keeps the webhook unavailable while the WAL cannot be copied back, and tries that again", async () => {
    const { retire, restartWal } = world.upkeep;
    world.upkeep.retire = async (path, close) => {
      await retire(path, close);
      throw new Error("ENOSPC");
    };
    world.upkeep.restartWal = () => Promise.reject(new Error("ENOSPC"));
    spyOn(file, "syncWal").mockRejectedValueOnce(new Error("EIO"));
    await appErrorOf(() => world.append({ webhookId }));
    for (let attempts = 0; attempts < 3; attempts++) {
      await world.files.closeAll();
      world.clock.advance(5_000);
      expect((await appErrorOf(() => world.append({ webhookId }))).kind).toBe("unavailable");
    }
    let repaired = Promise.resolve();
    world.upkeep.restartWal = (path) => {
      repaired = restartWal(path);
      return repaired;
    };
    await turn();
    world.clock.advance(5_000);
    await appErrorOf(() => world.append({ webhookId }));
    await repaired;
    await world.append({ webhookId });
  });

  test("fails the groups that were committed behind it, whose own sync went well", async () => {
    const { passed, open } = gate();
    // The first learns of it late: the kernel reports a fault only once, to whoever asks first.
    const fault = passed.then(() => Promise.reject(new Error("EIO")));
    const system = spyOn(file, "fdatasync").mockReturnValueOnce(fault);
    const first = world.append({ webhookId });
    await turn();
    await turn();
    const second = world.append({ webhookId });
    while (system.mock.results.length < 2) await turn();
    await system.mock.results[1]?.value;
    open();
    const kinds = await Promise.all([first, second].map((appended) => appErrorOf(() => appended)));
    expect(kinds.map(({ kind }) => kind)).toEqual(["unavailable", "unavailable"]);
  });

  test("of the folder refuses the event, and the next one asks for it again", async () => {
    const other = newId();
    spyOn(world.upkeep, "syncFolder").mockRejectedValueOnce(new Error("EIO"));
    expect((await appErrorOf(() => world.append({ webhookId: other }))).kind).toBe("unavailable");
    await world.append({ webhookId: other });
    expect(world.upkeep.syncFolder).toHaveBeenCalledTimes(2);
  });
});

describe("draining", () => {
  test("ends at once where nothing is written", () => world.writer.drain());

  test("ends once every write is answered", async () => {
    let answered = 0;
    for (let n = 0; n < 20; n++) {
      void world.append({ webhookId: n % 2 === 0 ? webhookId : newId() }).then(() => answered++);
    }
    await world.writer.drain();
    await turn();
    expect(answered).toBe(20);
  });

  test("ends although some writes fail", async () => {
    const refused = appErrorOf(() =>
      world.append({ webhookId, targets: [pendingFor("a"), pendingFor("a")] }),
    );
    await world.writer.drain();
    await refused;
  });
});

test("events of a webhook that is deleted meanwhile are refused, and nothing is reported as wrong", async () => {
  const waiting = Array.from({ length: 5 }, () => appErrorOf(() => world.append({ webhookId })));
  await world.files.delete(webhookId);
  const refused = await Promise.all(waiting);
  const later = await appErrorOf(() => world.append({ webhookId }));
  expect([...refused, later].map(({ kind }) => kind)).toEqual(Array(6).fill("not_found"));
  expect(world.errors).toEqual([]);
});

test("a command is applied in the group's transaction, and its result handed back once it is on disk", async () => {
  const syncs = gateSyncs();
  const commit = spyOn(file.commit, "run");
  const event = draft({ webhookId });
  const appended = world.writer.append(event);
  const replay = { name: "replay", eventId: event.id, targetIds: ["a"], now: 1 } as const;
  const results: boolean[] = [];
  const replayed = world.writer.run(webhookId, replay).then((isThere) => results.push(isThere));
  await turn();
  await turn();
  expect(results).toEqual([]);
  syncs[0]?.open();
  await Promise.all([appended, replayed]);
  expect(results).toEqual([true]);
  expect(commit).toHaveBeenCalledTimes(1);
});

test("a command that may be done again waits for no disk, and says how long it held the event loop", async () => {
  const sync = spyOn(file, "syncWal");
  world.clock.advance(1);
  const hold = { name: "holdPending", targetId: "a", limit: 5, now: 1 } as const;
  const { result, heldMs } = await world.writer.runTimed(webhookId, hold);
  expect(result).toBe(0);
  expect(heldMs).toBeGreaterThan(0);
  expect(sync).not.toHaveBeenCalled();
  expect(world.due).toEqual([]);
});
