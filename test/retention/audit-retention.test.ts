/** Entries of the audit log are deleted after 365 days, in steps that others can come between. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { DAY_MS } from "../../src/lib/clock.ts";
import { createAuditRetention } from "../../src/retention/audit-retention.ts";
import { checkDatabases } from "../../src/storage/reader/check.ts";
import { createTestMainDb, type TestMainDb } from "../support/main-db.ts";

let main: TestMainDb;

beforeEach(() => {
  main = createTestMainDb();
});
afterEach(() => main.dispose());

const numbers = () =>
  main.mainDb.audit.search({ readerId: null, limit: 2_000 }).entries.map(({ number }) => number);

function add(count: number): void {
  for (let n = 0; n < count; n++) main.mainDb.audit.add({ action: "server.check" });
}

function prune(isStopping = () => false, steps: string[] = []): Promise<void> {
  const { audit } = main.mainDb;
  const durably = async <T>(answer: () => Promise<T>): Promise<T> => {
    steps.push("step");
    return answer();
  };
  return createAuditRetention({ audit, durably, clock: main.clock })(isStopping);
}

test("an entry is kept for 365 days, and then deleted step by step without a fault in the rest", async () => {
  add(250);
  main.clock.advance(DAY_MS);
  add(3);
  main.clock.advance(364 * DAY_MS);
  await prune();
  expect(numbers()).toHaveLength(253);
  main.clock.advance(1);
  const steps: string[] = [];
  await prune(undefined, steps);
  expect(numbers()).toEqual([253, 252, 251]);
  expect(steps).toHaveLength(3);
  expect(checkDatabases({ dbPath: main.path, dataDir: main.directory }).faults).toEqual([]);
});

test("a stop ends it after the step under way", async () => {
  add(150);
  main.clock.advance(366 * DAY_MS);
  let asked = 0;
  await prune(() => asked++ > 0);
  expect(numbers()).toHaveLength(50);
});
