/** The check's counts are the same in steps of any length, whatever lies between them. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { countRows } from "../../../src/storage/event-db/numbers/row-counts.ts";
import type { DeliveryStatus } from "../../../src/storage/event-db/types.ts";
import { createRetentionWorld, type RetentionWorld } from "../retention-world.ts";

let world: RetentionWorld;

beforeEach(() => {
  world = createRetentionWorld();
});

afterEach(() => world.dispose());

test("every row is counted once, and rows without what they belong to are found, also between two steps", async () => {
  const ids: string[] = [];
  for (let n = 0; n < 12; n++) {
    world.clock.advance(1);
    const fates: Record<string, DeliveryStatus> = { a: n % 3 === 0 ? "failed" : "delivered" };
    if (n % 2 === 0) fates.b = "pending";
    ids.push(await world.receive(fates, { entrypointId: n < 5 ? "one" : "two" }));
  }
  await world.writer.drain();
  await world.files.closeAll();
  const db = new Database(world.files.pathOf(world.webhookId));
  // The first, one in between, and the last.
  for (const at of [0, 5, 11]) db.run("DELETE FROM events WHERE id = ?", [ids[at] ?? ""]);
  db.run("DELETE FROM deliveries WHERE event_id = ? AND target_id = 'a'", [ids[7] ?? ""]);
  for (const eventsAtOnce of [1, 2, 3, 8, 9, 10, 1_000]) {
    const { events, deliveries, strayDeliveries, strayResults } = countRows(db, eventsAtOnce);
    expect(Object.fromEntries(events)).toEqual({ one: 4, two: 5 });
    expect(Object.fromEntries(deliveries.get("a") ?? [])).toEqual({ failed: 4, delivered: 7 });
    expect(Object.fromEntries(deliveries.get("b") ?? [])).toEqual({ pending: 6 });
    expect({ strayDeliveries, strayResults }).toEqual({ strayDeliveries: 4, strayResults: 1 });
  }
  db.close();
});
