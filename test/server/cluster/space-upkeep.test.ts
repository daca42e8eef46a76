/** A follower gives the space of deleted events back to the disk, in steps, and leaves it to the retention where it leads. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { newId } from "../../../src/lib/ids.ts";
import { type SpaceUpkeep, startSpaceUpkeep } from "../../../src/server/cluster/space-upkeep.ts";
import { measureSpace } from "../../../src/storage/event-db/numbers/space.ts";
import { createStorageWorld, type StorageWorld } from "../../storage/storage-world.ts";
import { createRecordingLog } from "../../support/recording-log.ts";
import { until } from "../../support/until.ts";

const MINUTE = 60_000;
const EVENTS = 60;
const BODY = Buffer.alloc(200_000, 97);

let world: StorageWorld;
let isLeading: boolean;
let lines: ReturnType<typeof createRecordingLog>["lines"];
let upkeep: SpaceUpkeep;
let webhookId: string;
let steps: number;

beforeEach(async () => {
  world = createStorageWorld();
  isLeading = false;
  steps = 0;
  webhookId = newId();
  const recording = createRecordingLog();
  ({ lines } = recording);
  const { files, writer, clock } = world;
  upkeep = startSpaceUpkeep({
    files,
    vacuum(id, limitMs) {
      steps++;
      return writer.vacuum(id, limitMs);
    },
    isLeading: () => isLeading,
    clock,
    log: recording.log,
  });
  for (let n = 0; n < EVENTS; n++) await world.append({ webhookId, body: BODY });
  world.inFile(webhookId, ({ db }) => db.run("DELETE FROM events"));
});

afterEach(async () => {
  await upkeep.stop();
  await world.dispose();
});

const isLoose = () => measureSpace(world.files.open(webhookId).db).isLoose;

/** Lets a minute pass, and then the rests between steps. */
async function pass(isOver: () => boolean): Promise<void> {
  world.clock.advance(MINUTE);
  await until(() => {
    world.clock.advance(50);
    return isOver();
  });
}

test("a file of which events were deleted becomes smaller in steps", async () => {
  upkeep.note(webhookId);
  await pass(() => !isLoose());
  expect(steps).toBeGreaterThan(3);
  expect(lines).toEqual([]);
});

test("nothing is done at the leader, for a file that was not written, and for one that is closed", async () => {
  world.clock.advance(MINUTE);
  isLeading = true;
  upkeep.note(webhookId);
  world.clock.advance(MINUTE);
  isLeading = false;
  await world.files.closeAll();
  upkeep.note(webhookId);
  world.clock.advance(MINUTE);
  await upkeep.stop();
  expect(steps).toBe(0);
  expect(isLoose()).toBe(true);
});

test("a webhook that is deleted meanwhile is none of its concern", async () => {
  const other = newId();
  await world.append({ webhookId: other, body: BODY });
  for (const id of [webhookId, other]) upkeep.note(id);
  world.clock.advance(MINUTE);
  const deleted = world.files.delete(webhookId);
  await pass(() => steps > 1);
  await deleted;
  expect(lines).toEqual([]);
});
