/** Power cuts under load: unsynced data is lost in part or whole, and every acknowledged event is there. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { newId } from "../../src/lib/ids.ts";
import { listLedgerFaults } from "../../src/storage/event-db/numbers/ledger.ts";
import { createRandom } from "../soak/random.ts";
import { makeTestFolder } from "../support/folder.ts";
import { watchDisk } from "./power-cut.ts";
import { createStorageWorld, pendingFor, type StorageWorld, settlement, turn } from "./storage-world.ts";

// Reached only if the machine hangs.
setDefaultTimeout(120_000);

const SEEDS = [1];
const CUTS = 24;
const SENDERS = 6;
/** Up to several times the length at which a WAL is copied back. */
const BODIES = [200, 3_000, 60_000, 400_000];
const NEW_WEBHOOK = 0.1;
const MOST_WEBHOOKS = 6;
/** Acknowledgements, and then turns of the event loop, before the next cut. */
const MOST_BETWEEN_CUTS = 12;
const MOST_TURNS = 30;
/** Probability of closing all files, and the time after which they count as idle. */
const IDLE = 0.05;
const IDLE_MS = 200_000;

const folder = makeTestFolder("cut");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Cut = Readonly<{ dataDir: string; acknowledged: readonly string[] }>;

/** Sends until all cuts are made; now and then closes files, which the next event opens again. */
async function cutUnderLoad(seed: number): Promise<Readonly<{ webhookIds: string[]; cuts: Cut[] }>> {
  const random = createRandom(seed);
  const world = createStorageWorld();
  const disk = watchDisk(world, random);
  const webhookIds = [newId()];
  const acknowledged: string[] = [];
  const cuts: Cut[] = [];
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];

  async function send(): Promise<void> {
    if (random() < NEW_WEBHOOK && webhookIds.length < MOST_WEBHOOKS) webhookIds.push(newId());
    const webhookId = pick(webhookIds) ?? "";
    const body = Buffer.alloc(pick(BODIES) ?? 0, 97);
    const { id } = await world.append({ webhookId, body, targets: [pendingFor("target")] });
    acknowledged.push(id);
    if (random() < 0.5) await world.events.settle(webhookId, settlement({ eventId: id, targetId: "target" }));
    if (random() < IDLE) {
      world.clock.advance(IDLE_MS);
      world.files.closeIdle();
    }
  }
  async function cutNow(): Promise<void> {
    const next = acknowledged.length + random() * MOST_BETWEEN_CUTS;
    while (acknowledged.length < next) await turn();
    for (let turns = random() * MOST_TURNS; turns > 0; turns--) await turn();
    const dataDir = join(folder, `${seed}-${cuts.length}`);
    const known = [...acknowledged];
    disk.cut(dataDir);
    cuts.push({ dataDir, acknowledged: known });
  }

  const senders = Array.from({ length: SENDERS }, async () => {
    while (cuts.length < CUTS) await send();
  });
  while (cuts.length < CUTS) await cutNow();
  await Promise.all(senders);
  expect(world.errors).toEqual([]);
  await world.dispose();
  return { webhookIds, cuts };
}

/** Opens the files as the program would after the cut. */
async function expectAllThere(webhookIds: readonly string[], cut: Cut): Promise<void> {
  const world: StorageWorld = createStorageWorld({ dataDir: cut.dataDir });
  const stored = new Set<string>();
  for (const webhookId of webhookIds) {
    const { id } = await world.append({ webhookId });
    const { db } = world.files.open(webhookId);
    expect(db.query("PRAGMA integrity_check").values()).toEqual([["ok"]]);
    expect(listLedgerFaults(db)).toEqual([]);
    for (const event of world.storedIds(webhookId)) stored.add(event);
    expect(stored).toContain(id);
  }
  expect(cut.acknowledged.filter((id) => !stored.has(id))).toEqual([]);
  await world.dispose();
  rmSync(cut.dataDir, { recursive: true });
}

test.each(SEEDS)("nothing acknowledged is lost by power cuts under load (seed %p)", async (seed) => {
  const { webhookIds, cuts } = await cutUnderLoad(seed);
  for (const cut of cuts) await expectAllThere(webhookIds, cut);
});
