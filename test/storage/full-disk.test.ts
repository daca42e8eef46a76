/**
 * A full disk refuses events and stops nothing: acknowledged events are there, and free space is all that is needed.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "../../src/lib/ids.ts";
import { appErrorOf } from "../support/thrown.ts";
import { createStorageWorld, pendingFor, type StorageWorld, settlement } from "./storage-world.ts";

const RETRY_MS = 5_000;

type SmallDisk = Readonly<{
  dataDir: string;
  /** Called once the webhook's file is open. */
  fill: (world: StorageWorld, webhookId: string) => void;
  free: (world: StorageWorld, webhookId: string) => void;
  remove: () => void;
}>;

/** SQLite's own limit on a file's pages gives the same error as a full disk, wherever the tests run. */
function createLimitedFile(): SmallDisk {
  const dataDir = mkdtempSync(join(tmpdir(), "webhooker-full-"));
  const limit = (world: StorageWorld, webhookId: string, pages: number) =>
    world.files.open(webhookId).db.run(`PRAGMA max_page_count = ${pages}`);
  return {
    dataDir,
    fill: (world, webhookId) => limit(world, webhookId, 200),
    free: (world, webhookId) => limit(world, webhookId, 1_000_000),
    remove: () => rmSync(dataDir, { recursive: true, force: true }),
  };
}

function mountSmallDisk(): SmallDisk | null {
  const dataDir = mkdtempSync(join(tmpdir(), "webhooker-full-"));
  const mount = () => Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", dataDir]);
  if (process.platform !== "linux" || Bun.which("mount") === null || !mount().success) {
    rmSync(dataDir, { recursive: true });
    return null;
  }
  const filler = join(dataDir, "filler");
  return {
    dataDir,
    fill: () => writeFileSync(filler, Buffer.alloc(4 * 1024 * 1024)),
    free: () => rmSync(filler),
    remove() {
      Bun.spawnSync(["umount", "--lazy", dataDir]);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function disks(): { name: string; create: () => SmallDisk }[] {
  const limited = { name: "a file at its limit", create: createLimitedFile };
  const probe = mountSmallDisk();
  probe?.remove();
  // Only the superuser may mount; the limited file shows the same to everybody.
  return probe
    ? [limited, { name: "a real disk", create: () => mountSmallDisk() ?? createLimitedFile() }]
    : [limited];
}

describe.each(disks())("$name that is full", ({ create }) => {
  let disk: SmallDisk;
  let world: StorageWorld;
  const webhookId = newId();

  beforeEach(() => {
    disk = create();
    world = createStorageWorld({ dataDir: disk.dataDir });
  });

  afterEach(async () => {
    await world.dispose();
    disk.remove();
  });

  async function appendUntilRefused(): Promise<{ acknowledged: string[] }> {
    const acknowledged: string[] = [];
    for (;;) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, () =>
          world.append({ webhookId, body: Buffer.alloc(20_000, 97), targets: [pendingFor("target")] }),
        ),
      );
      for (const outcome of outcomes) if (outcome.status === "fulfilled") acknowledged.push(outcome.value.id);
      if (outcomes.some(({ status }) => status === "rejected")) return { acknowledged };
    }
  }

  test("refuses events, keeps every acknowledged one, and takes events again when space is freed", async () => {
    await world.append({ webhookId });
    disk.fill(world, webhookId);
    const { acknowledged } = await appendUntilRefused();
    expect(acknowledged.length).toBeGreaterThan(0);
    for (let n = 0; n < 5; n++) {
      const body = Buffer.alloc(1_000_000, 97);
      expect(await appErrorOf(() => world.append({ webhookId, body }))).toMatchObject({
        kind: "unavailable",
        retryAfterSeconds: 30,
      });
    }
    disk.free(world, webhookId);
    await world.files.closeAll();
    world.clock.advance(RETRY_MS);
    const { id } = await world.append({ webhookId });
    expect(world.storedIds(webhookId)).toEqual(expect.arrayContaining([...acknowledged, id]));
    const [first = ""] = acknowledged;
    await world.events.settle(webhookId, settlement({ eventId: first, targetId: "target" }));
    await world.files.closeAll();
    expect(world.storedIds(webhookId)).toEqual(expect.arrayContaining([...acknowledged, id]));
  });

  test("lets what is stored be read", async () => {
    const { id } = await world.append({ webhookId });
    disk.fill(world, webhookId);
    await appendUntilRefused();
    expect((await world.events.findEvent(webhookId, id))?.body.toString()).toBe("hello");
  });
});
