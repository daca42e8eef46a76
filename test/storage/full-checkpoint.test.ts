/** A disk that is full when the WAL is copied back: the WAL has its space already, but the file has to grow. */
import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { appendFileSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCode } from "../../src/lib/errors.ts";
import { newId } from "../../src/lib/ids.ts";
import { listLedgerFaults } from "../../src/storage/event-db/numbers/ledger.ts";
import { openEventStorage } from "../../src/storage/event-storage.ts";
import { createDiskReserve } from "../../src/storage/folder/disk-reserve.ts";
import { openForReading } from "../../src/storage/sqlite/reading-database.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { mayMount, mountSmallDisk, unmountSmallDisk } from "../support/small-disk.ts";
import { appErrorOf } from "../support/thrown.ts";
import { createStorageWorld, draft, pendingFor, settlement } from "./storage-world.ts";

const MIB = 1024 * 1024;
/** Longer than the WAL at which a checkpoint begins, so that the WAL's file has room for more. */
const LONG_BODY = Buffer.alloc(6 * MIB, 97);
const BODY = Buffer.alloc(20_000, 98);
/** Far more than fit into the WAL's file. */
const MOST_EVENTS = 1_000;

let folder: string;
let filler: string;
let webhookId: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "webhooker-full-"));
  filler = join(folder, "filler");
  webhookId = newId();
});

afterEach(() => {
  unmountSmallDisk(folder);
  rmSync(folder, { recursive: true, force: true });
});

function fill(): void {
  writeFileSync(filler, "");
  const { bavail, bsize } = statfsSync(folder);
  for (let block = 0; block < bavail; block++) appendFileSync(filler, Buffer.alloc(bsize));
}

/**
 * Resolves when a checkpoint that the event began has ended, too: events that came while the worker copies would take
 * more of the disk's last space the slower it is.
 */
type Append = (body: Buffer) => Promise<Readonly<{ id: string }>>;

/**
 * Returns the ids of the acknowledged events. Gives up after `refusals` refusals: a deleted file's space is free only
 * once the file system has written the deletion down.
 */
async function appendUntil(append: Append, isEnough: () => boolean, refusals = 0): Promise<string[]> {
  const acknowledged: string[] = [];
  let left = refusals;
  while (!isEnough() && acknowledged.length < MOST_EVENTS) {
    try {
      acknowledged.push((await append(BODY)).id);
    } catch {
      if (left-- <= 0) break;
    }
  }
  expect(acknowledged.length).toBeLessThan(MOST_EVENTS);
  return acknowledged;
}

function read(path: string): Readonly<{ ids: string[]; faults: readonly string[] }> {
  const db = openForReading(path);
  const ids = db.query<{ id: string }, []>("SELECT id FROM events ORDER BY id").all();
  const broken = db.query<{ integrity_check: string }, []>("PRAGMA integrity_check").all();
  const faults = broken.map((row) => row.integrity_check).filter((line) => line !== "ok");
  const found = { ids: ids.map(({ id }) => id), faults: [...faults, ...listLedgerFaults(db)] };
  db.close();
  return found;
}

/**
 * No disk if mounting is not allowed: a file size limit, which everybody can set, would already stop the WAL's growth.
 */
describe.each(mayMount() ? ["a disk"] : [])("%s that is full at a checkpoint", () => {
  test("lets events be written while the WAL has room, refuses the next, and copies the WAL back once there is space", async () => {
    mountSmallDisk(folder, 24);
    const world = createStorageWorld({ dataDir: folder });
    const append: Append = async (body) => {
      const event = await world.append({ webhookId, body, targets: [pendingFor("target")] });
      await world.writer.drain();
      return event;
    };
    const acknowledged = [(await append(LONG_BODY)).id];
    const faults: unknown[] = [];
    const { checkpoint } = world.upkeep;
    spyOn(world.upkeep, "checkpoint").mockImplementation((path) =>
      checkpoint(path).catch((error: unknown) => {
        faults.push(errorCode(error));
        throw error;
      }),
    );

    fill();
    acknowledged.push(...(await appendUntil(append, () => faults.length > 0)));
    // The checkpoint, and nothing else, found the disk full.
    expect(faults).toEqual(["SQLITE_FULL"]);
    expect(world.errors).toEqual([`checkpoint of ${world.files.pathOf(webhookId)} failed`]);
    const later = await appendUntil(append, () => false);
    expect(later.length).toBeGreaterThan(5);
    acknowledged.push(...later);
    expect(await appErrorOf(() => append(BODY))).toMatchObject({
      kind: "unavailable",
      retryAfterSeconds: 30,
    });
    expect(read(world.files.pathOf(webhookId))).toEqual({ ids: acknowledged.sort(), faults: [] });

    rmSync(filler);
    const isCopiedBack = () => world.files.open(webhookId).wal.ask() < 100;
    acknowledged.push(...(await appendUntil(append, isCopiedBack, MOST_EVENTS)));
    expect(isCopiedBack()).toBe(true);
    await world.files.closeAll();
    expect(read(world.files.pathOf(webhookId))).toEqual({ ids: acknowledged.sort(), faults: [] });
    await world.dispose();
  });

  test("gives the reserve up, so that results are stored, and accepts events again once there is space", async () => {
    mountSmallDisk(folder, 128);
    const { log } = createRecordingLog();
    const reserve = createDiskReserve({ folder, log });
    const look = () => {
      const { bavail, bsize } = statfsSync(folder);
      reserve.look(bavail * bsize);
    };
    look();
    await reserve.settled();
    const errors: string[] = [];
    const onError = (message: string) => errors.push(message);
    const clock = createFakeClock();
    const storage = openEventStorage({ dataDir: folder, maxOpen: 10, clock, onError, reserve });
    const append: Append = async (body) => {
      const event = draft({ webhookId, body, targets: [pendingFor("target")] });
      await storage.events.append(event);
      await storage.writer.drain();
      return event;
    };
    const path = storage.files.pathOf(webhookId);
    const acknowledged = [(await append(LONG_BODY)).id];

    fill();
    acknowledged.push(...(await appendUntil(append, reserve.isSpent)));
    expect(errors).toEqual([`checkpoint of ${path} failed`]);
    expect((await appErrorOf(() => append(BODY))).code).toBe("disk_full");
    const eventId = acknowledged.at(-1) ?? "";
    await storage.events.settle(webhookId, settlement({ eventId, targetId: "target" }));

    rmSync(filler);
    look();
    const isCopiedBack = () => storage.files.open(webhookId).wal.ask() < 100;
    acknowledged.push(...(await appendUntil(append, isCopiedBack)));
    expect(isCopiedBack()).toBe(true);
    await storage.close();
    expect(read(path)).toEqual({ ids: acknowledged.sort(), faults: [] });
  });
});
