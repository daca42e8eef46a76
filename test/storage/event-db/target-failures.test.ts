/** The last failures of a target are found without reading its deliveries. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { newId } from "../../../src/lib/ids.ts";
import type { DeliveryStatus } from "../../../src/storage/event-db/types.ts";
import { createStorageWorld, pendingFor, type StorageWorld, settlement } from "../storage-world.ts";

const webhookId = newId();
let world: StorageWorld;

beforeEach(() => {
  world = createStorageWorld();
});
afterEach(() => world.dispose());

/** Stores an event with `attempts` attempts, the last of which ended at `at`. */
async function attempted(
  targetId: string,
  at: number,
  { status = "failed", attempts = 1 }: { status?: DeliveryStatus; attempts?: number } = {},
): Promise<string> {
  const { id: eventId } = await world.append({
    webhookId,
    type: "order.paid",
    targets: [pendingFor(targetId)],
  });
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const isLast = attempt === attempts;
    const left = isLast ? status : "pending";
    await world.events.settle(
      webhookId,
      settlement(
        {
          eventId,
          targetId,
          status: left,
          nextAttemptAt: left === "pending" ? at + 60_000 : null,
          reason: left === "failed" ? "No attempt is left." : null,
        },
        {
          attempt,
          error: left === "delivered" ? null : `HTTP 50${attempt}`,
          statusCode: 500 + attempt,
          startedAt: at - 5,
        },
      ),
    );
  }
  return eventId;
}

const list = (targetId: string, limit = 10) =>
  world.events.listTargetFailures({ webhookId, targetId, limit });

test("given up and retried deliveries are listed with their last attempt, the latest failure first", async () => {
  const failed = await attempted("a", 1_000, { attempts: 2 });
  const retrying = await attempted("a", 3_000, { status: "pending" });
  const last = await attempted("a", 4_000);
  await attempted("a", 5_000, { status: "delivered" });
  await attempted("b", 6_000);
  await world.append({ webhookId, targets: [pendingFor("a")] });
  const found = await list("a");
  expect(found.map(({ eventId, state }) => [eventId, state])).toEqual([
    [last, "failed"],
    [retrying, "retrying"],
    [failed, "failed"],
  ]);
  expect(found[2]).toMatchObject({
    type: "order.paid",
    reason: "No attempt is left.",
    nextAttemptAt: null,
    result: { attempt: 2, statusCode: 502, error: "HTTP 502", startedAt: 995, durationMs: 5 },
  });
  expect(found[1]).toMatchObject({ reason: null, nextAttemptAt: 63_000 });
  expect(await list("c")).toEqual([]);
});

test("no more are listed than asked for", async () => {
  for (let n = 1; n <= 5; n++) await attempted("a", n * 1_000);
  expect((await list("a", 2)).map(({ result }) => result.startedAt)).toEqual([4_995, 3_995]);
});
