/** The leader's changed rows are handed out in batches that stay the same until the log has them. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type Copies, createCopies, withConnection } from "./copies.ts";

let copies: Copies;

beforeEach(() => {
  copies = createCopies();
});
afterEach(() => copies.dispose());

describe("the outbox", () => {
  test("returns the same batch until it is forgotten, whatever is changed meanwhile", () => {
    const { leader } = copies;
    const { replication } = leader.mainDb;
    for (let n = 0; n < 5; n++) leader.addUser();
    const first = replication.outbox(500);
    leader.addUser();
    expect(replication.outbox(500)).toEqual(first);
    expect(first?.isLast).toBe(false);
    const ends: boolean[] = [];
    for (let batch = first; batch !== null; batch = replication.outbox(500)) {
      ends.push(batch.isLast);
      replication.forget(batch.upTo, 1);
    }
    expect(ends.filter((isLast) => isLast)).toHaveLength(2);
    expect(ends.at(-1)).toBe(true);
  });

  test("has a change that is larger than a batch by itself", () => {
    const { leader } = copies;
    const { id: userId } = leader.addUser();
    leader.addWebhook({ userId, name: "n".repeat(5_000) });
    const sizes: number[] = [];
    const { replication } = leader.mainDb;
    for (let batch = replication.outbox(1); batch !== null; batch = replication.outbox(1)) {
      sizes.push(batch.changes.length);
      replication.forget(batch.upTo, 1);
    }
    expect(new Set(sizes)).toEqual(new Set([1]));
  });

  test("gets what another process changes", () => {
    const { leader } = copies;
    withConnection(leader.path, (db) => db.run("INSERT INTO teams VALUES ('t', 'Ops', 1, 1)"));
    const row = { id: "t", name: "Ops", created_at: 1, updated_at: 1 };
    expect(leader.mainDb.replication.outbox(1_000)?.changes).toEqual([{ table: "teams", row }]);
  });

  test("stays empty where there is no cluster, and after the database left one", () => {
    const { leader } = copies;
    leader.addUser();
    leader.mainDb.replication.leave();
    leader.addUser();
    expect(leader.mainDb.replication.state()).toBeNull();
    expect(leader.mainDb.replication.outbox(1_000)).toBeNull();
    withConnection(leader.path, (db) => {
      expect(
        db.query("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name GLOB 'cluster_*'").all(),
      ).toEqual([]);
      expect(db.query("SELECT * FROM cluster_state").all()).toEqual([]);
    });
  });
});
