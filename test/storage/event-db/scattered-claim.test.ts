import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { newId } from "../../../src/lib/ids.ts";
import { type ClaimFrom, claimScattered } from "../../../src/storage/event-db/deliveries/scattered-claim.ts";
import type { EventFile } from "../../../src/storage/event-db/event-file.ts";
import { RecentEvents } from "../../../src/storage/stores/recent-events.ts";
import { createStorageWorld, pendingFor, type StorageWorld } from "../storage-world.ts";

let world: StorageWorld;
let file: EventFile;

beforeEach(() => {
  world = createStorageWorld();
  file = world.files.open(newId());
});
afterEach(() => world.dispose());

/** Stores events that become due one millisecond after the other. */
async function store(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const { id } = await world.append({
      webhookId: file.webhookId,
      targets: [pendingFor("t")],
      receivedAt: 1_000 + n,
    });
    ids.push(id);
  }
  return ids;
}

function claim(
  from: ClaimFrom,
  more: Partial<{
    limit: number;
    refused: readonly string[];
    inFlight: readonly string[];
    random: number;
    now: number;
  }>,
): readonly string[] {
  const { limit = 1, refused = [], inFlight = [], random = 0.5, now = 10_000 } = more;
  const claimed = claimScattered(
    file,
    {
      targetId: "t",
      now,
      beyond: now + 1_000_000,
      limit,
      front: null,
      from,
      random,
      inFlight: new Map(inFlight.map((id) => [id, 0])),
      isRefused: (id) => refused.includes(id),
    },
    new RecentEvents(),
  );
  return claimed.map(({ eventId }) => eventId);
}

describe("a scattered claim", () => {
  test("takes the newest, the oldest or one between", async () => {
    const ids = await store(300);
    expect(claim("newest", { limit: 2 })).toEqual([ids.at(-1), ids.at(-2)].map(String));
    expect(claim("oldest", { limit: 2 })).toEqual(ids.slice(0, 2));
    expect(ids.indexOf(claim("between", {})[0] ?? "")).toBe(149);
  });

  test("leaves out deliveries in flight and those not due yet", async () => {
    const ids = await store(4);
    expect(claim("newest", { limit: 9, inFlight: ids.slice(1, 3), now: 1_002 })).toEqual(ids.slice(0, 1));
  });

  test("takes attempted or refused deliveries only if there is no other", async () => {
    const ids = await store(3);
    const [first = "", second = "", third = ""] = ids;
    file.db.run("UPDATE deliveries SET attempts = 1 WHERE event_id = ?", [third]);
    expect(claim("newest", { limit: 3, refused: [second] })).toEqual([first, third, second]);
    file.db.run("UPDATE deliveries SET attempts_at_replay = 1 WHERE event_id = ?", [third]);
    expect(claim("newest", { limit: 3, refused: [second] })).toEqual([third, first, second]);
    expect(claim("oldest", { refused: ids })).toEqual([first]);
  });
});
