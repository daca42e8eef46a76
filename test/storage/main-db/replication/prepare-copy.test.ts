/** The copy of a leader's main database becomes that of the node which has fetched it. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { prepareCopy } from "../../../../src/storage/main-db/replication/prepare-copy.ts";
import { isSpare } from "../../../../src/storage/main-db/replication/spare.ts";
import { createTestMainDb, type TestMainDb } from "../../../support/main-db.ts";

let leader: TestMainDb;

/** Its data go up to 50, and are synced up to 40. */
beforeEach(() => {
  leader = createTestMainDb();
  const { replication, keepers } = leader.mainDb;
  keepers.found("a", 1);
  keepers.add("b", 1);
  replication.join({ born: "log", position: 50, role: "leading" });
  replication.noteSynced(40);
});

afterEach(() => leader.dispose());

const nothing = { keeps: false, upTo: null };

test("a node that the leader has listed takes all event files", () => {
  expect(prepareCopy(leader.path, { node: "b", held: nothing })).toEqual({ wanted: "all", position: 40 });
  expect(leader.mainDb.replication.state()).toMatchObject({
    role: "following",
    keeps: true,
    position: 50,
    syncedPosition: 40,
  });
  expect(isSpare(leader.path)).toBeFalse();
});

test("another node is a spare and takes none", () => {
  expect(prepareCopy(leader.path, { node: "c", held: nothing })).toEqual({ wanted: "none", position: 40 });
  expect(leader.mainDb.replication.state()).toMatchObject({ role: "following", keeps: false });
  expect(isSpare(leader.path)).toBeTrue();
});

test("a node that has event files stays a keeper, and reads the log from where they end", () => {
  const held = { keeps: true, upTo: 30 };
  expect(prepareCopy(leader.path, { node: "c", held })).toEqual({ wanted: "missing", position: 30 });
  expect(leader.mainDb.replication.state()).toMatchObject({ keeps: true, syncedPosition: 30 });
});

test("a node whose event files are of no use any more takes all", () => {
  const held = { keeps: true, upTo: null };
  expect(prepareCopy(leader.path, { node: "c", held })).toEqual({ wanted: "all", position: 40 });
});

test("in a cluster of an earlier version every node keeps the files", () => {
  const db = new Database(leader.path);
  db.run("DROP TABLE keepers");
  db.close();
  expect(prepareCopy(leader.path, { node: "c", held: nothing }).wanted).toBe("all");
});

test("a main database that is no node's is refused", () => {
  leader.mainDb.replication.leave();
  expect(() => prepareCopy(leader.path, { node: "b", held: nothing })).toThrow("no part of a cluster");
});
