/** Migrations of a main database that is part of a cluster run as if it were not, and its triggers fit afterwards. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mainMigrations } from "../../../../src/storage/main-db/migrations/index.ts";
import { migrateMainDb } from "../../../../src/storage/main-db/replication/migrate-main-db.ts";
import { hasTriggers, REFUSAL } from "../../../../src/storage/main-db/replication/triggers.ts";
import { type Copies, contentOf, createCopies, withConnection } from "./copies.ts";

let copies: Copies;

beforeEach(() => {
  copies = createCopies();
});
afterEach(() => copies.dispose());

const LATER = `ALTER TABLE teams ADD COLUMN colour TEXT NOT NULL DEFAULT 'red';
  UPDATE teams SET name = name || '!';
  CREATE TABLE tomorrow (id INTEGER PRIMARY KEY, bytes BLOB) STRICT;`;

function migrateBoth(migration: string): void {
  for (const { path } of [copies.leader, copies.follower]) {
    withConnection(path, (db) => migrateMainDb(db, [...mainMigrations, migration], "main database"));
  }
}

function onLeader(sql: string): void {
  withConnection(copies.leader.path, (db) => db.run(sql));
}

test("each node migrates its own rows, and new columns and tables are copied from then on", () => {
  const { leader, follower, ship, follow, log } = copies;
  onLeader("INSERT INTO teams VALUES ('t', 'Ops', 1, 1)");
  ship();
  follow();
  migrateBoth(LATER);
  expect(leader.mainDb.replication.outbox(1_000)).toBeNull();
  expect(contentOf(follower)).toEqual(contentOf(leader));
  onLeader("UPDATE teams SET colour = 'blue'");
  onLeader("INSERT INTO tomorrow VALUES (1, x'00ff')");
  ship();
  follow();
  expect(log).toHaveLength(2);
  expect(contentOf(follower)).toEqual(contentOf(leader));
  expect(contentOf(follower).tomorrow).toHaveLength(1);
  expect(() => withConnection(follower.path, (db) => db.run("DELETE FROM tomorrow"))).toThrow(REFUSAL);
});

test("a migration that fails leaves the triggers as they were", () => {
  const { leader, follower } = copies;
  expect(() => migrateBoth(`${LATER} SELECT nothing;`)).toThrow();
  withConnection(leader.path, (db) => expect(hasTriggers(db)).toBe(true));
  expect(() => follower.addUser()).toThrow(REFUSAL);
});

test("triggers that are missing or of another version are made anew when the database is opened", () => {
  const { leader } = copies;
  onLeader("DROP TRIGGER cluster_update_teams");
  leader.reopen();
  withConnection(leader.path, (db) => expect(hasTriggers(db)).toBe(true));
});

test("a database that is part of no cluster gets no triggers", () => {
  const { leader } = copies;
  leader.mainDb.replication.leave();
  withConnection(leader.path, (db) => {
    migrateMainDb(db, [...mainMigrations, LATER], "main database");
    expect(db.query("SELECT 1 FROM sqlite_schema WHERE name GLOB 'cluster_insert_*'").all()).toEqual([]);
  });
});

test("the program's own triggers keep still while rows from the log are applied", () => {
  const own = withConnection(copies.leader.path, (db) =>
    db
      .query<{ name: string; sql: string }, []>(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND name NOT GLOB 'cluster_*'",
      )
      .all(),
  );
  expect(own.length).toBeGreaterThan(10);
  const changing = own.filter(({ sql }) => /\b(INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b/.test(sql));
  const unguarded = changing.filter(
    ({ sql }) => !sql.includes("(SELECT role FROM cluster_state) IS NOT 'applying'"),
  );
  expect(unguarded).toEqual([]);
});
