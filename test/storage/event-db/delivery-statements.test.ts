/** The statements of the delivery path cost a few index steps, however long the backlog. */
import type { Statement } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { newId } from "../../../src/lib/ids.ts";
import { listPendingTargets } from "../../../src/storage/event-db/deliveries/due-deliveries.ts";
import type { EventFile } from "../../../src/storage/event-db/event-file.ts";
import { createStorageWorld, pendingFor, type StorageWorld } from "../storage-world.ts";

let world: StorageWorld;
let file: EventFile;

beforeEach(() => {
  world = createStorageWorld();
  file = world.files.open(newId());
});

afterEach(() => world.dispose());

function planOf(statement: Pick<Statement, "toString">, parameters: number): string[] {
  return file.db
    .query<{ detail: string }, null[]>(`EXPLAIN QUERY PLAN ${statement.toString()}`)
    .all(...Array.from({ length: parameters }, () => null))
    .map(({ detail }) => detail);
}

const BY_DUE_TIME =
  /^SEARCH deliveries USING (COVERING )?INDEX deliveries_due \(target_id=\? AND next_attempt_at>\?/;

describe("the index of due deliveries", () => {
  test.each(["due", "latestDue", "earliest", "nthDue", "shift"] as const)(
    "serves %s without sorting",
    (name) => {
      const parameters = { due: 4, latestDue: 4, earliest: 2, nthDue: 3, shift: 4 };
      const plan = planOf(file.deliveries[name], parameters[name]);
      expect(plan).toHaveLength(1);
      expect(plan[0]).toMatch(BY_DUE_TIME);
    },
  );

  test("serves latest in one step", () => {
    const plan = planOf(file.deliveries.latest, 1);
    expect(plan).toHaveLength(1);
    expect(plan[0]).toMatch(/^SEARCH deliveries USING (COVERING )?INDEX deliveries_due \(target_id=\?\)/);
  });

  test("names the targets that have pending deliveries without sorting", () => {
    expect(planOf(file.deliveries.nextPendingTarget, 1)).toEqual([
      "SEARCH deliveries USING COVERING INDEX deliveries_due (target_id>?)",
    ]);
  });

  test("finds the deliveries to discard", () => {
    expect(planOf(file.deliveries.discard, 4)).toContain(
      "SEARCH deliveries USING COVERING INDEX deliveries_due (target_id=?)",
    );
  });

  test("is left alone by deliveries that are settled at ingest", async () => {
    await world.append({ webhookId: file.webhookId, targets: [{ id: "database", settlesAtIngest: true }] });
    expect(listPendingTargets(file)).toEqual([]);
  });
});

test("listing the pending targets takes one step for each, however many deliveries they have", async () => {
  const targets = ["a", "b", "c"];
  for (let n = 0; n < 50; n++) {
    await world.append({ webhookId: file.webhookId, targets: targets.map(pendingFor) });
  }
  const step = spyOn(file.deliveries.nextPendingTarget, "get");
  expect(listPendingTargets(file)).toEqual(targets);
  expect(step).toHaveBeenCalledTimes(targets.length + 1);
});
