/**
 * A cluster is upgraded node by node: a migration runs at each of them at another place of the log, among rows and commands
 * of versions that know nothing of it. So it may only add what is empty or has a constant default.
 */
import { expect, test } from "bun:test";
import { eventMigrations } from "../../src/storage/event-db/migrations/index.ts";
import { mainMigrations } from "../../src/storage/main-db/migrations/index.ts";

/** Those of before there were clusters. */
const BEFORE = { main: 27, event: 19 };

const ADDS = /^(ALTER TABLE \w+ ADD COLUMN|CREATE (TABLE|INDEX|TRIGGER|VIEW)|DROP (TRIGGER|INDEX|VIEW))\b/;

function statementsOf(sql: string): readonly string[] {
  const plain = sql.replaceAll(/--.*$/gm, "").replaceAll(/\bBEGIN\b.*?\bEND;/gs, "BEGIN … END;");
  return plain.split(";").flatMap((each) => each.trim().replaceAll(/\s+/g, " ") || []);
}

test.each([
  ["the main database", mainMigrations.slice(BEFORE.main)],
  ["event files", eventMigrations.slice(BEFORE.event)],
])("migrations of %s only add", (_, migrations) => {
  expect(migrations.flatMap(statementsOf).filter((statement) => !ADDS.test(statement))).toEqual([]);
});

test("what changes rows or takes something away does not count as adding", () => {
  const sql = `ALTER TABLE a ADD COLUMN b TEXT; -- UPDATE a SET b = 1;
    CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET b = 1; END; UPDATE a SET b = 2;
    ALTER TABLE a DROP COLUMN b; CREATE UNIQUE INDEX u ON a (b); DROP TABLE a`;
  expect(statementsOf(sql).filter((each) => !ADDS.test(each))).toEqual([
    "UPDATE a SET b = 2",
    "ALTER TABLE a DROP COLUMN b",
    "CREATE UNIQUE INDEX u ON a (b)",
    "DROP TABLE a",
  ]);
});
