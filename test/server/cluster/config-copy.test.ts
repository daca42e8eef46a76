/** A follower's event files come and go with the leader's rows. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createConfigCopy } from "../../../src/server/cluster/config-copy.ts";
import type { RowChange } from "../../../src/storage/main-db/replication/row-change.ts";
import { createTestMainDb, type TestMainDb } from "../../support/main-db.ts";

let leader: TestMainDb;
let follower: TestMainDb;
let made: string[];
let expected: string[];
let undone: string[];

beforeEach(() => {
  [leader, follower] = [createTestMainDb(), createTestMainDb()];
  leader.mainDb.replication.join({ born: "log", position: 0, role: "leading" });
  follower.mainDb.replication.join({ born: "log", position: 0, role: "following" });
  [made, expected, undone] = [[], [], []];
});

afterEach(() => {
  leader.dispose();
  follower.dispose();
});

/** Stands in for what has tests of its own. */
const imported = {
  arrived: () => null,
  deleted: () => Promise.resolve(),
  undone: async (id: string) => void undone.push(id),
  expect: async ({ webhookId }: { webhookId: string }) => void expected.push(webhookId),
  writable: () => null,
};

function copy({ keepsFiles = true } = {}) {
  return createConfigCopy({
    mainDb: follower.mainDb,
    keepsFiles,
    onRows: () => undefined,
    files: {
      pathOf: (id) => `/nowhere/${id}`,
      create: async (id) => void made.push(id),
      delete: async (id) => void made.splice(made.indexOf(id), 1),
    },
    imported,
  });
}

/** Returns the rows that the leader has changed since the last call. */
function rows(): readonly RowChange[] {
  const batch = leader.mainDb.replication.outbox(Number.POSITIVE_INFINITY);
  leader.mainDb.replication.forget(batch?.upTo ?? 0, 0);
  return batch?.changes ?? [];
}

test("a webhook has its file as soon as it is there, and none when it is deleted", async () => {
  const { id } = leader.addWebhook({ userId: leader.addUser().id });
  await copy().apply(rows(), 5);
  expect(made).toEqual([id]);
  expect(copy().takesEntries(id)).toBeTrue();
  leader.mainDb.webhooks.softDelete({ id, at: 1 });
  await copy().apply(rows(), 6);
  expect(made).toEqual([]);
});

test("rows that are read again make no file of a webhook that was deleted since", async () => {
  const { id } = leader.addWebhook({ userId: leader.addUser().id });
  const before = rows();
  leader.mainDb.webhooks.softDelete({ id, at: 1 });
  await copy().apply(before, 5);
  await copy().apply(rows(), 6);
  await copy().apply(before, 5);
  expect(made).toEqual([]);
});

test("a spare follows the rows without files", async () => {
  const { id } = leader.addWebhook({ userId: leader.addUser().id });
  await copy({ keepsFiles: false }).apply(rows(), 5);
  expect(made).toEqual([]);
  expect(follower.mainDb.webhooks.find(id)).toMatchObject({ id });
});

test("an import's file is awaited once the webhook is visible, and given up when the import is undone", async () => {
  const { id } = leader.addWebhook({ userId: leader.addUser().id });
  leader.mainDb.webhooks.softDelete({ id, at: 1 });
  await copy().apply(rows(), 5);
  leader.mainDb.transfer.withdraw(id, [], 2);
  await copy().apply(rows(), 6);
  expect([undone, expected, made]).toEqual([[id], [], []]);
  leader.mainDb.transfer.reveal(id);
  await copy().apply(rows(), 7);
  expect([undone, expected, made]).toEqual([[id], [id], []]);
});
