/** A leader's response waits until its changes are on disk and in the cluster's log. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { AppError } from "../../../../src/lib/errors.ts";
import { createTestMainDb, type TestMainDb } from "../../../support/main-db.ts";
import { appErrorOf } from "../../../support/thrown.ts";
import { gate, turn } from "../../storage-world.ts";

let main: TestMainDb;

beforeEach(() => {
  main = createTestMainDb();
});
afterEach(() => main.dispose());

async function turns(): Promise<void> {
  for (let n = 0; n < 5; n++) await turn();
}

const answers = {
  "a response": () => main.mainDb.durably(async () => "done"),
  "an error": () =>
    main.mainDb.durably(async () => {
      throw new Error("not found");
    }),
  "whoever asks": () => main.mainDb.synced(),
};

test.each(Object.entries(answers))("%s waits for the log", async (_name, ask) => {
  const { passed, open } = gate();
  main.mainDb.shipBy({ shipped: () => passed });
  let isOver = false;
  const asked = ask()
    .catch(() => undefined)
    .then(() => {
      isOver = true;
    });
  await turns();
  expect(isOver).toBe(false);
  open();
  await asked;
});

test("what changed is shipped once the answer is ready, not before", async () => {
  const order: string[] = [];
  main.mainDb.shipBy({
    async shipped() {
      order.push("shipped");
    },
  });
  const answer = await main.mainDb.durably(async () => {
    await turn();
    order.push("answered");
    return "done";
  });
  expect(answer).toBe("done");
  expect(order).toEqual(["answered", "shipped"]);
});

test("a response whose changes may not be in the log is refused", async () => {
  const down = new AppError({ kind: "unavailable", message: "The log is not there." });
  main.mainDb.shipBy({ shipped: () => Promise.reject(down) });
  for (const ask of Object.values(answers)) expect(await appErrorOf(ask)).toBe(down);
});

test("nobody waits for the log any more where there is none", async () => {
  main.mainDb.shipBy({ shipped: () => new Promise(() => undefined) });
  main.mainDb.shipBy(null);
  await main.mainDb.synced();
  expect(await main.mainDb.durably(async () => "done")).toBe("done");
});
