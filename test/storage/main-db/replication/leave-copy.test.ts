import { afterEach, beforeEach, expect, test } from "bun:test";
import { leaveInCopy } from "../../../../src/storage/main-db/replication/leave-copy.ts";
import { createTestMainDb, type TestMainDb } from "../../../support/main-db.ts";

let main: TestMainDb;

beforeEach(() => {
  main = createTestMainDb();
});
afterEach(() => main.dispose());

test("a copied main database of a follower can be changed once it has left the cluster", () => {
  const { mainDb, path } = main;
  const { id } = main.addUser();
  mainDb.replication.join({ born: "log", position: 7, role: "following" });
  expect(() => main.changeUser(id, { disabledAt: 5 })).toThrow("follows the leader");
  expect(leaveInCopy(path)).toBe(true);
  main.changeUser(id, { disabledAt: 5 });
  const left = main.reopen();
  expect(left.users.find(id)?.disabledAt).toBe(5);
  expect([left.replication.state(), left.replication.lastCaptured()]).toEqual([null, null]);
});

test("one that is no node's stays as it is", () => {
  expect(leaveInCopy(main.path)).toBe(false);
});
