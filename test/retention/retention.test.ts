/** The retention opens a webhook's file when it may have old events, and at no other time. */
import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { newIdAt } from "../../src/lib/ids.ts";
import { createRetention, type Retention } from "../../src/retention/retention.ts";
import { createRetentionWorld, DAY_MS, type RetentionWorld } from "../storage/retention-world.ts";
import { turn } from "../storage/storage-world.ts";
import { createRecordingLog } from "../support/recording-log.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

type Settings = { retention_days: number | null; retention_bytes: number | null };

let world: RetentionWorld;
let retention: Retention;
let settings: Settings | null;
let change: (to: Settings | null) => void;
let lines: ReturnType<typeof createRecordingLog>["lines"];
let rest: () => Promise<void>;

beforeEach(() => {
  world = createRetentionWorld();
  settings = { retention_days: null, retention_bytes: null };
  rest = () => Promise.resolve();
  retention = create();
});

afterEach(async () => {
  await retention.stop();
  await world.dispose();
});

function create(): Retention {
  const listeners: ((webhookId: string) => void)[] = [];
  change = (to) => {
    settings = to;
    for (const listener of listeners) listener(world.webhookId);
  };
  const recorded = createRecordingLog();
  lines = recorded.lines;
  return createRetention({
    store: world.store,
    webhooks: {
      listAll: () => (settings ? [{ id: world.webhookId, settings }] : []),
      find: (id) => settings && { ...row, id, settings },
    },
    routing: {
      onInvalidate(listener) {
        listeners.push(listener);
        return () => listeners.splice(listeners.indexOf(listener), 1);
      },
    },
    defaultDays: 10,
    pruneAudit: async () => undefined,
    clock: world.clock,
    log: recorded.log,
    rest: () => rest(),
  });
}

const row = {
  userId: "ada",
  name: "Shop",
  createdAt: 0,
  updatedAt: 0,
  eventsLostAt: null,
  externalId: null,
  deletedAt: null,
  key: null,
  managedBy: null,
};

async function receive(...given: Parameters<RetentionWorld["receive"]>): Promise<string> {
  const id = await world.receive(...given);
  retention.noteRecorded(world.webhookId);
  return id;
}

const messages = () => lines.map(({ message }) => message);
const stored = () => world.storedIds(world.webhookId);

async function after(ms: number): Promise<void> {
  world.clock.advance(ms);
  // The first pass ends the work that the clock's timer began on the way.
  await retention.pass();
  await retention.pass();
}

describe("by age", () => {
  test("a webhook without days of its own uses the default, and one with some uses those", async () => {
    await retention.start();
    await receive({ a: "delivered" });
    await after(9.9 * DAY_MS);
    expect(stored()).toHaveLength(1);
    await after(0.2 * DAY_MS);
    expect(stored()).toHaveLength(0);
    await receive({ a: "delivered" });
    change({ retention_days: 2, retention_bytes: null });
    await after(MINUTE_MS);
    await after(2.1 * DAY_MS);
    expect(stored()).toHaveLength(0);
    expect(messages()).toEqual(["old events deleted", "old events deleted"]);
  });

  test("it finds old events of an earlier run, without opening the file to look", async () => {
    await world.receive({ a: "delivered" });
    await world.files.closeAll();
    world.clock.advance(11 * DAY_MS);
    await retention.start();
    expect(world.files.openCount).toBe(0);
    await retention.pass();
    expect(stored()).toHaveLength(0);
  });

  test("an imported webhook is checked soon, as its events may be old", async () => {
    change(null);
    await retention.start();
    await world.receive({ a: "delivered" });
    world.clock.advance(11 * DAY_MS);
    change({ retention_days: null, retention_bytes: null });
    retention.noteImported(world.webhookId);
    await after(MINUTE_MS);
    expect(stored()).toHaveLength(0);
  });

  test("undelivered events are discarded with a warning after twice the days, and deleted after that", async () => {
    await retention.start();
    const id = await receive({ a: "pending" });
    await after(19 * DAY_MS);
    await after(0.9 * DAY_MS);
    expect((await world.events.listDeliveries(world.webhookId, id))[0]?.status).toBe("pending");
    await after(1.2 * DAY_MS);
    expect((await world.events.listDeliveries(world.webhookId, id))[0]).toMatchObject({
      status: "discarded",
      reason: "Not delivered within twice the retention of 10 days.",
    });
    expect(messages()).toEqual(["deliveries discarded: not delivered within twice the retention"]);
    await after(1.2 * DAY_MS);
    expect(stored()).toHaveLength(0);
    expect(world.ledgerFaults()).toEqual([]);
  });

  test("rejected requests are deleted at their age, also without any event", async () => {
    await retention.start();
    const receivedAt = world.clock.now();
    await world.writer.run(world.webhookId, {
      name: "keepRejected",
      draft: {
        id: newIdAt(receivedAt),
        entrypointId: "entrypoint",
        receivedAt,
        method: "POST",
        pathTail: "",
        query: "",
        headers: [],
        contentType: "",
        remoteAddress: "",
        reason: "No signature.",
        sealedSecret: null,
        body: new Uint8Array(9),
      },
    });
    retention.noteRecorded(world.webhookId);
    await after(9 * DAY_MS);
    expect(world.rows("rejected_requests")).toBe(1);
    await after(2 * DAY_MS);
    expect(world.rows("rejected_requests")).toBe(0);
    expect(world.ledgerFaults()).toEqual([]);
  });

  test("the space of deleted events is given back", async () => {
    await retention.start();
    for (let n = 0; n < 30; n++) await receive({}, { body: Buffer.alloc(200_000) });
    await after(11 * DAY_MS);
    const { usedBytes, isLoose } = await world.store.measure(world.webhookId);
    expect(isLoose).toBe(false);
    expect(usedBytes).toBeLessThan(300_000);
  });
});

test("space that an earlier run had no time to give back is given back after the next start", async () => {
  for (let n = 0; n < 30; n++) await world.receive({}, { body: Buffer.alloc(200_000) });
  world.clock.advance(3 * DAY_MS);
  await world.receive();
  await world.pruneAll(world.rule());
  await world.writer.drain();
  await world.files.closeAll();
  await retention.start();
  await after(MINUTE_MS);
  expect((await world.store.measure(world.webhookId)).isLoose).toBe(false);
});

describe("files are left alone", () => {
  test("while none of their events can be old", async () => {
    await retention.start();
    await receive({ a: "delivered" });
    const tidy = spyOn(world.store, "prune");
    for (let day = 0; day < 9; day++) await after(DAY_MS);
    expect(tidy).not.toHaveBeenCalled();
  });

  test("except once an hour while events come, and once a day when none do", async () => {
    await retention.start();
    const prune = spyOn(world.store, "prune");
    for (let minute = 0; minute < 30; minute++) {
      await receive({ a: "delivered" });
      world.clock.advance(MINUTE_MS);
    }
    await after(10 * DAY_MS - 20 * MINUTE_MS);
    expect(prune).toHaveBeenCalledTimes(1);
    const left = stored().length;
    expect(left).toBeGreaterThan(0);
    for (let hour = 0; hour < 23; hour++) await after(HOUR_MS);
    expect(prune).toHaveBeenCalledTimes(1);
    await receive({ a: "delivered" });
    await after(0);
    expect(prune).toHaveBeenCalledTimes(2);
    expect(stored()).toHaveLength(1);
  });

  test("when a webhook is deleted", async () => {
    await retention.start();
    await receive({ a: "delivered" });
    await world.files.delete(world.webhookId);
    await after(11 * DAY_MS);
    change(null);
    await after(DAY_MS);
    expect(lines).toEqual([]);
  });
});

describe("by size", () => {
  const limit = { retention_days: null, retention_bytes: 2_000_000 };
  const body = Buffer.alloc(500_000);

  test("the oldest finished events are deleted first, and no undelivered one", async () => {
    settings = limit;
    await retention.start();
    const pending = await receive({ a: "pending" }, { body });
    const ids: string[] = [];
    for (let n = 0; n < 6; n++) {
      world.clock.advance(10);
      ids.push(await receive({ a: "delivered" }, { body }));
    }
    await retention.pass();
    const { usedBytes, isLoose } = await world.store.measure(world.webhookId);
    expect([usedBytes <= 2_000_000, isLoose]).toEqual([true, false]);
    expect(stored()).toEqual([pending, ...ids.slice(-2)]);
    expect(world.ledgerFaults()).toEqual([]);
  });

  test("a file with only undelivered events stays over its limit, and that is reported once", async () => {
    settings = limit;
    await retention.start();
    for (let n = 0; n < 6; n++) await receive({ a: "pending" }, { body });
    for (let n = 0; n < 30; n++) await after(MINUTE_MS);
    expect(stored()).toHaveLength(6);
    expect(messages()).toEqual([
      "an event file exceeds its size limit, but only undelivered events are left",
    ]);
  });

  test("a limit set later applies to existing events, and is found after a restart", async () => {
    await retention.start();
    for (let n = 0; n < 6; n++) await receive({}, { body });
    await after(MINUTE_MS);
    expect(stored()).toHaveLength(6);
    await retention.stop();
    settings = limit;
    retention = create();
    await retention.start();
    await after(MINUTE_MS);
    expect(stored()).toHaveLength(3);
    change({ retention_days: null, retention_bytes: 1_200_000 });
    await after(MINUTE_MS);
    expect(stored()).toHaveLength(2);
  });
});

describe("by size, before the first look at a webhook", () => {
  const limit = { retention_days: null, retention_bytes: 2_000_000 };
  const body = Buffer.alloc(500_000);

  test("a webhook that gets its events and its limit before is not missed", async () => {
    settings = null;
    await retention.start();
    for (let n = 0; n < 6; n++) await receive({}, { body });
    change(limit);
    await after(MINUTE_MS);
    expect(stored()).toHaveLength(3);
  });

  test("a file that is small at the start is not opened", async () => {
    settings = limit;
    await world.receive({}, { body });
    await world.files.closeAll();
    await retention.start();
    await after(MINUTE_MS);
    expect(world.files.openCount).toBe(0);
  });
});

describe("care", () => {
  test("a clock set forward deletes nothing for an hour, and nothing at all when it is set back", async () => {
    await retention.start();
    await receive({ a: "delivered" });
    world.clock.jump(100 * DAY_MS);
    await after(MINUTE_MS);
    await after(50 * MINUTE_MS);
    expect(stored()).toHaveLength(1);
    world.clock.jump(-100 * DAY_MS);
    await after(2 * HOUR_MS);
    expect(stored()).toHaveLength(1);
    world.clock.jump(100 * DAY_MS);
    await after(MINUTE_MS);
    await after(HOUR_MS);
    expect(stored()).toHaveLength(0);
  });

  test("raising the days while events are being deleted keeps the rest of them", async () => {
    await retention.start();
    for (let n = 0; n < 300; n++) await receive({ a: "delivered" });
    let rests = 0;
    rest = async () => {
      rests++;
      if (rests === 1) change({ retention_days: 100, retention_bytes: null });
    };
    await after(11 * DAY_MS);
    const left = stored().length;
    expect(left).toBeGreaterThan(100);
    await after(DAY_MS);
    expect(stored()).toHaveLength(left);
  });

  test("a stop ends it after the step under way, and passes never overlap", async () => {
    await retention.start();
    for (let n = 0; n < 300; n++) await receive({ a: "delivered" });
    world.clock.advance(11 * DAY_MS);
    await retention.pass();
    const prune = spyOn(world.store, "prune");
    const passes = [retention.pass(), retention.pass()];
    await retention.stop();
    await Promise.all(passes);
    expect(prune).toHaveBeenCalledTimes(1);
    expect(stored().length).toBeGreaterThan(0);
  });

  test("a file that cannot be used is reported, harms no other, and is retried later", async () => {
    await retention.start();
    await receive({ a: "delivered" });
    const prune = spyOn(world.store, "prune").mockRejectedValueOnce(new Error("disk full"));
    await after(11 * DAY_MS);
    expect(messages()).toEqual(["old events could not be deleted"]);
    await after(MINUTE_MS);
    expect(prune).toHaveBeenCalledTimes(1);
    await after(HOUR_MS);
    expect(stored()).toHaveLength(0);
  });

  test("it runs again a minute after each pass", async () => {
    await retention.start();
    await receive({ a: "delivered" });
    for (const days of [11, 1]) {
      world.clock.advance(days * DAY_MS);
      for (let turns = 0; turns < 20; turns++) await turn();
    }
    expect(stored()).toHaveLength(0);
  });
});
