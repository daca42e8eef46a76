/**
 * Bits flipped in a file make at most its own webhook unavailable, and never cause a silent wrong answer where SQLite
 * can detect them.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { AppError } from "../../src/lib/errors.ts";
import { newId } from "../../src/lib/ids.ts";
import { checkDatabases } from "../../src/storage/reader/check.ts";
import { makeTestFolder } from "../support/folder.ts";
import { createTestMainDb } from "../support/main-db.ts";
import { createStorageWorld, pendingFor, type StorageWorld, settlement } from "./storage-world.ts";

// Reached only if the machine hangs.
setDefaultTimeout(120_000);

const RUNS = 60;
const EVENTS = 40;
const TARGET = "target";
const DAMAGE = /^(event_file_(damaged|read_only|unavailable)|(newer|foreign)_database)$/;
/** Bytes of the header that says what the file is and how its pages are laid out. */
const SQLITE_HEADER_SIZE = 100;

const folder = makeTestFolder("flipped");
const closedFile = join(folder, "closed.db");
const openFile = join(folder, "open.db");
const ids: string[] = [];
let world: StorageWorld;
let healthy: string;

beforeAll(async () => {
  world = createStorageWorld();
  healthy = newId();
  const webhookId = newId();
  for (let n = 0; n < EVENTS; n++) {
    const { id } = await world.append({
      webhookId,
      body: Buffer.alloc(500, 97),
      targets: [pendingFor(TARGET)],
    });
    if (n % 2 === 0) await world.events.settle(webhookId, settlement({ eventId: id, targetId: TARGET }));
    ids.push(id);
  }
  copyFileSync(world.files.pathOf(webhookId), openFile);
  copyFileSync(`${world.files.pathOf(webhookId)}-wal`, `${openFile}-wal`);
  await world.files.closeAll();
  copyFileSync(world.files.pathOf(webhookId), closedFile);
});

afterAll(async () => {
  await world.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** Shares of the file's bits, so that small and large files are hit alike. */
const flips = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
  minLength: 1,
  maxLength: 6,
});

function flip(path: string, positions: readonly number[]): void {
  const bytes = readFileSync(path);
  for (const position of positions) {
    const bit = Math.floor(position * bytes.length * 8);
    bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  }
  writeFileSync(path, bytes);
}

/** Null if `use` succeeded. Throws any failure other than `unavailable`. */
async function damageOf(use: () => Promise<unknown>): Promise<AppError | null> {
  try {
    await use();
    return null;
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== "unavailable") throw error;
    expect(error.code).toMatch(DAMAGE);
    expect(error.hint).toBeString();
    return error;
  }
}

/** Does everything that the program does with a file; each call may succeed or report a fault. */
async function useAll(webhookId: string): Promise<void> {
  const claim = {
    webhookId,
    targetId: TARGET,
    now: 1e13,
    beyond: 2e13,
    limit: 50,
    inFlight: new Map(),
    front: null,
  };
  await damageOf(() =>
    world.events.searchEvents(webhookId, { limit: 100, cursor: null, filter: { text: "aa" } }),
  );
  await damageOf(() => world.events.claimDue(claim));
  await damageOf(() => world.events.overview(webhookId));
  await damageOf(() => world.events.growth(webhookId));
  for (const id of ids.slice(0, 3)) {
    await damageOf(() => world.events.findEvent(webhookId, id));
    await damageOf(() => world.events.listDeliveries(webhookId, id));
  }
  await damageOf(() => world.append({ webhookId, targets: [pendingFor(TARGET)] }));
}

async function expectHealthy(): Promise<void> {
  const { id } = await world.append({ webhookId: healthy });
  expect((await world.events.findEvent(healthy, id))?.id).toBe(id);
}

test("bits flipped in an event file harm no other webhook, and every failure has its reason", async () => {
  await fc.assert(
    fc.asyncProperty(flips, async (positions) => {
      const webhookId = newId();
      const path = world.files.pathOf(webhookId);
      copyFileSync(closedFile, path);
      flip(path, positions);
      await useAll(webhookId);
      await expectHealthy();
      await world.files.delete(webhookId);
    }),
    { numRuns: RUNS },
  );
});

test("each bit flipped in the header alone harms no other webhook, and every failure has its reason", async () => {
  const bits = readFileSync(closedFile).length * 8;
  for (let bit = 0; bit < SQLITE_HEADER_SIZE * 8; bit++) {
    const webhookId = newId();
    const path = world.files.pathOf(webhookId);
    copyFileSync(closedFile, path);
    flip(path, [(bit + 0.5) / bits]);
    await useAll(webhookId);
    await world.files.delete(webhookId);
  }
  await expectHealthy();
});

test("bits flipped in a WAL lose no event that was written before them", async () => {
  const wal = readFileSync(`${openFile}-wal`);
  await fc.assert(
    fc.asyncProperty(flips, async (positions) => {
      const webhookId = newId();
      const path = world.files.pathOf(webhookId);
      copyFileSync(openFile, path);
      writeFileSync(`${path}-wal`, wal);
      flip(`${path}-wal`, positions);
      const damage = await damageOf(() => world.append({ webhookId }));
      await expectHealthy();
      if (damage === null) {
        const stored = world.storedIds(webhookId).slice(0, -1);
        expect(stored).toEqual(ids.slice(0, stored.length));
        // About as many bytes of WAL were written for each event.
        const whole = Math.floor(Math.min(...positions) * ids.length * 0.8) - 2;
        expect(stored.length).toBeGreaterThanOrEqual(whole);
      }
      await world.files.delete(webhookId);
    }),
    { numRuns: RUNS },
  );
});

test("the check reports damaged structure", () => {
  const main = createTestMainDb();
  const { id } = main.addWebhook({ userId: main.addUser().id });
  const path = join(main.directory, `events-${id}.db`);
  copyFileSync(closedFile, path);
  // The first page's list of cells, without which nothing can be read.
  const bytes = readFileSync(path);
  bytes.fill(0xff, 100, 140);
  writeFileSync(path, bytes);
  const { faults } = checkDatabases({ dbPath: main.path, dataDir: main.directory });
  expect(faults.map(({ database }) => database)).toContain(`events-${id}.db`);
  main.dispose();
});
