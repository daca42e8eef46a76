/** An apply holds up other work with its transaction only, and does nothing in that which could be done before. */
import { afterEach, beforeEach, expect, spyOn, test } from "bun:test";
import { createTestUseCases, type TestUseCases } from "../../support/use-cases.ts";

let all: TestUseCases;
beforeEach(() => {
  all = createTestUseCases();
});
afterEach(() => all.dispose());

const PARTS = 40;
const parts = (of: (n: number) => unknown) =>
  Object.fromEntries(Array.from({ length: PARTS }, (_, n) => [`part-${n}`, of(n)]));
const document = (suffix: string) => ({
  version: 1,
  webhooks: {
    wide: {
      entrypoints: parts((n) => ({ name: `In ${n}${suffix}` })),
      targets: parts((n) => ({ name: `Out ${n}${suffix}`, type: "log" })),
    },
  },
});

const apply = (wanted: unknown, expectedRevision: string | null = null) =>
  all.useCases.applyConfig({
    userId: all.ada,
    document: wanted,
    dryRun: false,
    prune: false,
    expectedRevision,
    requireMembers: () => undefined,
  });

/** Turns of the event loop that others have until `act` is done. */
async function turnsDuring(act: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const count = () => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await act().finally(() => {
    isDone = true;
  });
  return turns;
}

test("others have a turn between any two parts of a webhook, when they are read and when they are planned", async () => {
  let time = 0;
  const monotonic = spyOn(all.clock, "monotonic").mockImplementation(() => {
    time += 10;
    return time;
  });
  expect(await turnsDuring(() => apply(document("")))).toBeGreaterThan(4 * PARTS);
  expect(await turnsDuring(() => apply(document("b")))).toBeGreaterThan(4 * PARTS);
  monotonic.mockRestore();
});

test("the transaction reads no object, and has a turn to itself", async () => {
  const { mainDb } = all;
  const { together } = mainDb;
  await apply(document(""));
  const before = await all.useCases.exportConfig({ userId: all.ada, webhookId: null });
  const reads = [
    spyOn(mainDb.entrypoints, "find"),
    spyOn(mainDb.targets, "find"),
    spyOn(mainDb.webhooks, "find"),
  ];
  const inTransaction: number[] = [];
  const turns: string[] = [];
  const spied = spyOn(mainDb, "together").mockImplementation((act) =>
    together(() => {
      const read = () => reads.reduce((sum, { mock }) => sum + mock.calls.length, 0);
      const begun = read();
      const result = act();
      inTransaction.push(read() - begun);
      turns.push("transaction");
      setImmediate(() => turns.push("others"));
      return result;
    }),
  );
  const { revision, changes } = await apply(document("b"), before.revision);
  turns.push("response");
  spied.mockRestore();
  expect([changes.length, inTransaction]).toEqual([2 * PARTS, [0]]);
  expect(turns).toEqual(["transaction", "others", "response"]);
  expect((await all.useCases.exportConfig({ userId: all.ada, webhookId: null })).revision).toBe(revision);
});

test("the revision is of the moment of the commit, so that a change right after it is noticed", async () => {
  const { mainDb } = all;
  const { together } = mainDb;
  const { revision } = await apply(document(""));
  const spied = spyOn(mainDb, "together").mockImplementationOnce((act) => {
    const result = together(act);
    const [{ id } = { id: "" }] = mainDb.webhooks.list(all.ada);
    mainDb.webhooks.noteEventsLost({ id, at: 1 });
    return result;
  });
  const applied = await apply(document("b"), revision);
  spied.mockRestore();
  await expect(apply(document("c"), applied.revision)).rejects.toMatchObject({ code: "revision_changed" });
});
