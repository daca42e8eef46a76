/** Copies of versions one apart take each other's rows, and are the same once all have the later version. */
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { mainMigrations } from "../../../../src/storage/main-db/migrations/index.ts";
import { UnfitRows } from "../../../../src/storage/main-db/replication/apply-rows.ts";
import { migrateMainDb } from "../../../../src/storage/main-db/replication/migrate-main-db.ts";
import { drawFrom } from "../../../support/draw.ts";
import { createTestMainDb, type TestMainDb } from "../../../support/main-db.ts";
import { BORN, contentOf, throughTheLog, withConnection } from "./copies.ts";

const NEXT = `ALTER TABLE teams ADD COLUMN colour ANY DEFAULT 'red';
  ALTER TABLE team_users ADD COLUMN note BLOB;
  CREATE TABLE tomorrow (id INTEGER PRIMARY KEY, big INTEGER, of TEXT REFERENCES teams (id) ON DELETE CASCADE) STRICT;`;
const AFTER_NEXT = "ALTER TABLE teams ADD COLUMN shape TEXT; ALTER TABLE tomorrow ADD COLUMN shape TEXT;";

// Reached only if the machine hangs.
setDefaultTimeout(120_000);

let copies: TestMainDb[];
let position: number;

beforeEach(() => {
  copies = [];
  position = 0;
});
afterEach(() => {
  for (const copy of copies) copy.dispose();
});

function add(...migrations: readonly string[]): TestMainDb {
  const copy = createTestMainDb();
  copies.push(copy);
  copy.mainDb.replication.join({ born: BORN, position, role: "following" });
  migrate(copy, ...migrations);
  return copy;
}

function migrate({ path }: TestMainDb, ...migrations: readonly string[]): void {
  withConnection(path, (db) => migrateMainDb(db, [...mainMigrations, ...migrations], "main database"));
}

/** Runs the statements on a copy that leads for so long, and gives all others what they changed. */
function lead({ mainDb: { replication }, path }: TestMainDb, ...statements: readonly string[]): void {
  replication.lead();
  for (const sql of statements) withConnection(path, (db) => db.run(sql));
  for (let batch = replication.outbox(500); batch !== null; batch = replication.outbox(500)) {
    const { rows } = throughTheLog({ rows: batch.changes });
    position++;
    for (const other of copies) if (other.path !== path) other.mainDb.replication.apply(rows, position);
    replication.forget(batch.upTo, position);
  }
  replication.follow();
}

const later = ({ path }: TestMainDb) =>
  withConnection(path, (db) => db.query("SELECT * FROM cluster_later").all());

test("an earlier version completes rows of a later leader when it is upgraded", () => {
  const [next, old] = [add(NEXT), add()];
  lead(
    next,
    "INSERT INTO teams VALUES ('t', 'Ops', 1, 1, x'00ff')",
    "INSERT INTO teams VALUES ('u', 'Dev', 1, 1, 0.5)",
    "INSERT INTO teams VALUES ('v', 'QA', 1, 1, NULL)",
    "INSERT INTO tomorrow VALUES (1, 9223372036854775807, 't'), (2, 2, 't')",
    "DELETE FROM tomorrow WHERE id = 2",
  );
  expect(contentOf(old).teams).toHaveLength(3);
  expect(contentOf(old).tomorrow).toBeUndefined();
  migrate(old, NEXT);
  expect(contentOf(old)).toEqual(contentOf(next));
  expect(later(old)).toEqual([]);
  expect(old.mainDb.replication.state()?.role).toBe("following");
});

test("a copy that has left its cluster is completed as well", () => {
  const [next, old] = [add(NEXT), add()];
  lead(
    next,
    "INSERT INTO teams VALUES ('t', 'Ops', 1, 1, 'blue')",
    "INSERT INTO tomorrow VALUES (1, 2, 't')",
  );
  old.mainDb.replication.leave();
  migrate(old, NEXT);
  expect(contentOf(old)).toEqual(contentOf(next));
});

test("an earlier version that leads changes nothing of what it does not know", () => {
  const [next, old, other] = [add(NEXT), add(), add(NEXT)];
  lead(next, "INSERT INTO teams VALUES ('t', 'Ops', 1, 1, 'blue'), ('u', 'Dev', 1, 1, 'green')");
  lead(old, "UPDATE teams SET name = name || '!'", "INSERT INTO teams VALUES ('v', 'QA', 1, 1)");
  expect(contentOf(next)).toEqual(contentOf(other));
  const colours = withConnection(next.path, (db) =>
    db.query<{ name: string; colour: string }, []>("SELECT name, colour FROM teams ORDER BY id").all(),
  );
  expect(colours.map(({ name, colour }) => `${name} ${colour}`)).toEqual([
    "Ops! blue",
    "Dev! green",
    "QA red",
  ]);
  migrate(old, NEXT);
  expect(contentOf(old)).toEqual(contentOf(next));
});

test("a row that is made again under an earlier version begins anew everywhere", () => {
  const [next, old] = [add(NEXT), add()];
  lead(next, "INSERT INTO teams VALUES ('t', 'Ops', 1, 1, 'blue'), ('u', 'Dev', 1, 1, 'green')");
  lead(
    old,
    "DELETE FROM teams WHERE id = 't'",
    "INSERT INTO teams VALUES ('t', 'Ops', 2, 2)",
    "UPDATE teams SET id = 'w' WHERE id = 'u'",
  );
  migrate(old, NEXT);
  expect(contentOf(old)).toEqual(contentOf(next));
});

test("a version between keeps what only the one after it knows", () => {
  const [newest, next, old] = [add(NEXT, AFTER_NEXT), add(NEXT), add()];
  lead(
    newest,
    "INSERT INTO teams VALUES ('t', 'Ops', 1, 1, 'blue', 'round')",
    "INSERT INTO tomorrow VALUES (1, 1, 't', 'square')",
  );
  lead(next, "UPDATE teams SET colour = 'green'");
  migrate(old, NEXT);
  expect(contentOf(old)).toEqual(contentOf(next));
  for (const copy of [old, next]) migrate(copy, NEXT, AFTER_NEXT);
  for (const copy of [old, next]) expect(contentOf(copy)).toEqual(contentOf(newest));
});

test.each([1, 2, 3])("random changes under leaders of both versions come out the same (%i)", (seed) => {
  const [next, old, other] = [add(NEXT), add(), add(NEXT)];
  lead(
    old,
    "INSERT INTO users (id, username, password_hash, role, created_at, updated_at) VALUES ('ada', 'ada', '!', 'user', 1, 1)",
  );
  const draw = drawFrom(seed);
  const one = (count: number) => Math.floor(draw() * count);
  const number = () => String(one(1_000));
  for (let round = 0; round < 25; round++) {
    const leader = [next, old, other][one(3)] ?? old;
    const isOld = leader === old;
    const id = `'t${one(6)}'`;
    const colour = isOld ? "" : `, ${["'blue'", "NULL", "7", "0.5", "x'01'"][one(5)]}`;
    const note = isOld ? "" : ", x'0203'";
    const statements = [
      `INSERT OR IGNORE INTO teams VALUES (${id}, 'n${one(8)}', ${number()}, 1${colour})`,
      `INSERT OR REPLACE INTO teams VALUES (${id}, 'n${one(8)}', ${number()}, 1${colour})`,
      `UPDATE teams SET updated_at = ${number()} WHERE id = ${id}`,
      `UPDATE OR IGNORE teams SET id = 't${one(6)}' WHERE id = ${id} AND id NOT IN (SELECT team_id FROM team_users)
        ${isOld ? "" : "AND id NOT IN (SELECT coalesce(of, '') FROM tomorrow)"}`,
      `DELETE FROM teams WHERE id = ${id}`,
      `INSERT OR IGNORE INTO team_users SELECT id, 'ada'${note} FROM teams`,
      ...(isOld
        ? []
        : [
            `UPDATE teams SET colour = ${number()} WHERE id = ${id}`,
            `INSERT OR REPLACE INTO tomorrow SELECT ${one(4)}, ${number()}, id FROM teams LIMIT 1`,
            `DELETE FROM tomorrow WHERE id = ${one(4)}`,
          ]),
    ];
    lead(leader, ...Array.from({ length: 3 }, () => statements[one(statements.length)] ?? ""));
    expect(contentOf(other)).toEqual(contentOf(next));
  }
  migrate(old, NEXT);
  expect(contentOf(old)).toEqual(contentOf(next));
});

test("rows that lack a key, or are not what a table allows, are refused, and nothing is applied", () => {
  const { mainDb } = add("ALTER TABLE teams ADD COLUMN colour TEXT; CREATE UNIQUE INDEX u ON teams (name);");
  const good = { table: "config_revisions", row: { user_id: "ada", revision: 1 } } as const;
  for (const bad of [
    { table: "teams", gone: {} },
    { table: "teams", row: { name: "Ops" } },
    { table: "teams", row: { id: "t" } },
    {
      table: "members",
      row: { id: "m", webhook_id: "w", user_id: "u", team_id: null, role: "later", created_at: 1 },
    },
  ] as const) {
    expect(() => mainDb.replication.apply([good, bad], 1)).toThrow(UnfitRows);
    expect(mainDb.replication.state()).toMatchObject({ position: 0, role: "following" });
  }
});
