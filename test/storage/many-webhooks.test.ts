/** More webhooks than files may be open: nothing is lost while files are evicted and reopened. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { createStorageWorld, draft, type StorageWorld } from "./storage-world.ts";

// Hundreds of files are created and synced; reached only if the machine hangs.
setDefaultTimeout(120_000);

let world: StorageWorld;
let webhookId: string;

beforeEach(() => {
  world = createStorageWorld();
  webhookId = newId();
});

afterEach(() => world.dispose());

describe("many webhooks", () => {
  test("that receive events at the same time keep every acknowledged event", async () => {
    const webhookIds = Array.from({ length: 200 }, () => newId());
    const events = await Promise.all(
      [...webhookIds, ...webhookIds, ...webhookIds].map((id) => world.append({ webhookId: id })),
    );
    for (const id of webhookIds) {
      const expected = events.filter((event) => event.webhookId === id).map((event) => event.id);
      expect(world.storedIds(id)).toEqual(expected.sort());
    }
  });

  test("beyond the limit are evicted and reopened while writes go on, and lose nothing", async () => {
    const crowded = createStorageWorld({ maxOpen: 4, dataDir: world.dataDir });
    const webhookIds = Array.from({ length: 40 }, () => newId());
    let mostOpen = 0;
    const events = await Promise.all(
      Array.from({ length: 400 }, async (_, index) => {
        const event = draft({ webhookId: webhookIds[index % 40] ?? "" });
        await crowded.events.append(event);
        mostOpen = Math.max(mostOpen, crowded.files.openCount);
        await crowded.events.findEvent(event.webhookId, event.id);
        return event;
      }),
    );
    // The limit itself, and the quarter that may be open beside it.
    expect(mostOpen).toBeLessThanOrEqual(5);
    expect(crowded.errors).toEqual([]);
    await crowded.dispose();
    for (const id of webhookIds) {
      const expected = events.filter((event) => event.webhookId === id).map((event) => event.id);
      expect(world.storedIds(id)).toEqual(expected.sort());
    }
  });

  test("never lose the file that was just opened or one in use to others", async () => {
    const crowded = createStorageWorld({ maxOpen: 1, dataDir: world.dataDir });
    const first = crowded.files.open(newId());
    crowded.files.pin(first);
    const second = crowded.files.open(webhookId);
    expect(crowded.files.open(webhookId)).toBe(second);
    expect(crowded.files.open(first.webhookId)).toBe(first);
    crowded.files.unpin(first);
    await crowded.dispose();
  });

  test("are evicted in the order in which they were last used", async () => {
    const crowded = createStorageWorld({ maxOpen: 2, dataDir: world.dataDir });
    const [first, second, third] = [newId(), newId(), newId()];
    const opened = crowded.files.open(first);
    crowded.files.open(second);
    crowded.files.open(first);
    crowded.files.open(third);
    expect(crowded.files.openCount).toBe(2);
    expect(crowded.files.open(first)).toBe(opened);
    await crowded.dispose();
  });
});
