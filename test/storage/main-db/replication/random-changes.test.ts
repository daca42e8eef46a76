/** Whatever is changed on the leader, and however, its copies become the same row for row. */
import type { Database } from "bun:sqlite";
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { listReplicatedTables } from "../../../../src/storage/main-db/replication/replicated-tables.ts";
import { type Copies, contentOf, createCopies, withConnection } from "./copies.ts";
import { RandomRows } from "./random-rows.ts";

// Reached only if the machine hangs.
setDefaultTimeout(120_000);

let copies: Copies | null = null;

afterEach(() => {
  copies?.dispose();
  copies = null;
});

/** Tables with what the program's own do not have yet. */
function addTables(db: Database): void {
  db.run("CREATE TABLE extra (id ANY PRIMARY KEY, r REAL, b BLOB, n INTEGER, a ANY) STRICT");
  db.run(`CREATE TABLE "odd ""one" (part INTEGER, "key's" TEXT COLLATE NOCASE, a ANY UNIQUE,
    PRIMARY KEY (part, "key's")) STRICT, WITHOUT ROWID`);
  db.run(`CREATE TABLE children (id TEXT PRIMARY KEY,
    up ANY REFERENCES extra (id) ON DELETE SET NULL ON UPDATE CASCADE) STRICT`);
  db.run(`CREATE TABLE grandchildren (id TEXT PRIMARY KEY, note BLOB,
    up TEXT UNIQUE REFERENCES children (id) ON DELETE CASCADE ON UPDATE CASCADE) STRICT`);
}

test.each([1, 2, 3, 4])("random changes of all tables by plain SQL are the same in the copy (%i)", (seed) => {
  copies = createCopies(addTables);
  const { leader, follower, ship, follow } = copies;
  const captured = new Map<string, Set<string>>();
  withConnection(leader.path, (db) => {
    const rows = new RandomRows(db, seed);
    // The runtime would bind it as an integer.
    db.run("INSERT INTO extra VALUES ('whole', 1, NULL, 1, 5.0)");
    for (let round = 0; round < 60; round++) {
      if (round > 0) for (let n = 0; n < 25; n++) rows.change();
      for (const { table_name: table, op } of db
        .query<{ table_name: string; op: string }, []>("SELECT DISTINCT table_name, op FROM cluster_outbox")
        .all()) {
        captured.set(table, (captured.get(table) ?? new Set()).add(op));
      }
      ship(round % 3 === 0 ? 500 : undefined);
      follow();
      expect(contentOf(follower)).toEqual(contentOf(leader));
    }
    const unseen = listReplicatedTables(db).filter(({ name }) => !captured.has(name));
    expect(unseen.map(({ name }) => name)).toEqual([]);
  });
});
