/** The reserve exists while there is room for it, is given up when the disk is full, and lets deletions go on. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "../../../src/lib/ids.ts";
import { openEventStorage } from "../../../src/storage/event-storage.ts";
import { createDiskReserve, type DiskReserve } from "../../../src/storage/folder/disk-reserve.ts";
import { createRetentionStore } from "../../../src/storage/stores/retention-store.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createRecordingLog } from "../../support/recording-log.ts";
import { mayMount, mountSmallDisk, unmountSmallDisk } from "../../support/small-disk.ts";
import { appErrorOf } from "../../support/thrown.ts";
import { dedupKey, draft } from "../storage-world.ts";

const MIB = 1024 * 1024;
const SIZE = 32 * MIB;
const FULL = Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });

let folder: string;
let path: string;
let reserve: DiskReserve;
let lines: ReturnType<typeof createRecordingLog>["lines"];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "webhooker-reserve-"));
  path = join(folder, "webhooker.reserve");
  open();
});

afterEach(() => {
  unmountSmallDisk(folder);
  rmSync(folder, { recursive: true, force: true });
});

function open(): void {
  const { log, lines: logged } = createRecordingLog();
  lines = logged;
  reserve = createDiskReserve({ folder, log });
}

async function make(): Promise<void> {
  reserve.look(3 * SIZE);
  await reserve.settled();
}

describe("the reserve", () => {
  test("is created in full if there is room for three of it, and found again after a restart", async () => {
    reserve.look(3 * SIZE - 1);
    await reserve.settled();
    expect(existsSync(path)).toBe(false);
    await make();
    expect(statSync(path).size).toBe(SIZE);
    open();
    reserve.noteFault(FULL);
    expect(reserve.isSpent()).toBe(true);
  });

  test("is given up at the first write that finds the disk full, and no other; then events are refused", async () => {
    await make();
    reserve.noteFault(Object.assign(new Error("disk I/O error"), { code: "SQLITE_IOERR" }));
    expect(reserve.refusal()).toBeNull();
    expect(existsSync(path)).toBe(true);
    reserve.noteFault(FULL);
    expect(existsSync(path)).toBe(false);
    expect(reserve.refusal()).toMatchObject({
      kind: "unavailable",
      code: "disk_full",
      retryAfterSeconds: 30,
    });
    expect(lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  test("lets events in again when twice its size is free, and is created again when three times is", async () => {
    await make();
    reserve.noteFault(FULL);
    reserve.look(2 * SIZE - 1);
    expect(reserve.isSpent()).toBe(true);
    reserve.look(2 * SIZE);
    await reserve.settled();
    expect(reserve.isSpent()).toBe(false);
    expect(existsSync(path)).toBe(false);
    await make();
    expect(statSync(path).size).toBe(SIZE);
  });

  test("that was never created changes nothing: each event is written", () => {
    reserve.noteFault(FULL);
    expect(reserve.isSpent()).toBe(false);
  });
});

test("while it is given up no event is accepted, with a key or without", async () => {
  await make();
  const clock = createFakeClock();
  const storage = openEventStorage({ dataDir: folder, maxOpen: 10, clock, onError: () => {}, reserve });
  const webhookId = newId();
  reserve.noteFault(FULL);
  for (const refused of [
    () => storage.events.append(draft({ webhookId })),
    () => storage.events.appendOnce(draft({ webhookId }), dedupKey()),
  ]) {
    expect((await appErrorOf(refused)).code).toBe("disk_full");
  }
  await storage.close();
});

/** Only the superuser may mount; the tests of the reserve above run for everybody. */
const disks = mayMount() ? ["a disk"] : [];

test.each(disks)("on %s that is full the retention deletes and gives space back", async () => {
  mountSmallDisk(folder, 120);
  await make();
  const clock = createFakeClock();
  const errors: string[] = [];
  const onError = (message: string) => errors.push(message);
  const storage = openEventStorage({ dataDir: folder, maxOpen: 10, clock, onError, reserve });
  const webhookId = newId();
  let stored = 0;
  const body = Buffer.alloc(MIB, 97);
  const isStored = () =>
    storage.events.append(draft({ webhookId, body })).then(
      () => true,
      () => false,
    );
  while (await isStored()) stored++;
  expect(reserve.isSpent()).toBe(true);
  const refused = await appErrorOf(() => storage.events.append(draft({ webhookId })));
  expect(refused.code).toBe("disk_full");

  // A write that began before the space was given up may fail.
  await storage.writer.drain();
  const told = errors.length;
  const store = createRetentionStore(storage);
  const all = { finishedBefore: null, restingSince: null };
  const rule = { ...all, undeliveredBefore: 0, reason: "", enoughBytes: null, now: 0 };
  let deleted = 0;
  for (let after: string | null = ""; after !== null; ) {
    const step: Awaited<ReturnType<typeof store.prune>> = await store.prune(webhookId, after, rule);
    deleted += step.deletedEvents;
    after = step.next;
  }
  while ((await store.vacuum(webhookId)).isLoose);
  expect(deleted).toBe(stored);
  await storage.writer.drain();
  await storage.files.closeAll();
  expect(errors.slice(told)).toEqual([]);
  expect(statSync(storage.files.pathOf(webhookId)).size).toBeLessThan(4 * MIB);
  await storage.close();
});
