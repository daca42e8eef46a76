import { afterEach, beforeEach, expect, test } from "bun:test";
import { followIfStopped } from "../../src/cli/stopped-node.ts";
import { lockFolder } from "../../src/storage/folder/folder-lock.ts";
import { createTestMainDb, type TestMainDb } from "../support/main-db.ts";

let main: TestMainDb;

beforeEach(() => {
  main = createTestMainDb();
  main.mainDb.replication.join({ born: "log", position: 1, role: "leading" });
});
afterEach(() => main.dispose());

const roleAfter = () => {
  followIfStopped(main.mainDb, main.directory);
  return main.mainDb.replication.state()?.role;
};

test("a node that led takes changes by the command line while its gateway runs, and none once it is stopped", () => {
  const unlock = lockFolder(main.directory);
  expect(roleAfter()).toBe("leading");
  unlock();
  expect(roleAfter()).toBe("following");
  expect(() => main.addUser()).toThrow("follows the leader");
});
