/** SQL that must not be run, must not end what it began, or must find nothing; for tests and the soak. */

export type Attack = Readonly<{
  name: string;
  sql: string;
  /**
   * "refused" before anything is read; "too big" by SQLite's limits; "ended" for its time or memory; "harmless", because
   * it gives rows that tell nothing.
   */
  end: "refused" | "too big" | "ended" | "harmless";
}>;

const rows = (end: Attack["end"], attacks: Readonly<Record<string, string>>): Attack[] =>
  Object.entries(attacks).map(([name, sql]) => ({ name, sql, end }));

const ENDLESS = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r)";

/** `folder` has no file named stolen.db, and one named other.db. */
export const attacksOn = (folder: string): readonly Attack[] => [
  ...rows("refused", {
    "attach another file": `ATTACH '${folder}/other.db' AS other`,
    "attach a new file": `ATTACH '${folder}/stolen.db' AS other`,
    "attach memory": "ATTACH ':memory:' AS other",
    detach: "DETACH temp",
    "vacuum into a file": `VACUUM INTO '${folder}/stolen.db'`,
    vacuum: "VACUUM",
    delete: "DELETE FROM main.events",
    "delete returning": "DELETE FROM main.events RETURNING id",
    "delete in a view": "DELETE FROM events RETURNING id",
    insert: "INSERT INTO main.deliveries (event_id) VALUES ('x') RETURNING event_id",
    replace: "REPLACE INTO temp.targets VALUES ('x', 'y') RETURNING id",
    update: "UPDATE main.events SET body = x'00' RETURNING id",
    "update own names": "UPDATE temp.targets SET name = 'x' RETURNING id",
    upsert: "INSERT INTO temp.targets VALUES ('x', 'y') ON CONFLICT DO UPDATE SET name = 'z' RETURNING id",
    "insert after a cte": "WITH x AS (SELECT 1) INSERT INTO temp.targets SELECT '1', '2' FROM x RETURNING id",
    "create temp table": "CREATE TEMP TABLE t AS SELECT 1",
    "create table": "CREATE TABLE t (a)",
    "create temp view": "CREATE TEMP VIEW v AS SELECT * FROM main.dedup_keys",
    "create temp trigger": "CREATE TEMP TRIGGER t INSERT ON targets BEGIN SELECT 1; END",
    "create virtual table": "CREATE VIRTUAL TABLE temp.t USING fts5(a)",
    "create index": "CREATE INDEX i ON events (type)",
    drop: "DROP TABLE main.events",
    "drop a view": "DROP VIEW temp.events",
    alter: "ALTER TABLE main.events RENAME TO gone",
    reindex: "REINDEX",
    analyze: "ANALYZE",
    begin: "BEGIN IMMEDIATE",
    commit: "COMMIT",
    savepoint: "SAVEPOINT s",
    "pragma that reads": "PRAGMA database_list",
    "pragma that writes": "PRAGMA user_version = 7",
    "pragma of the journal": "PRAGMA journal_mode = DELETE",
    "pragma of query_only": "PRAGMA query_only = OFF",
    "pragma of a folder": `PRAGMA temp_store_directory = '${folder}'`,
    "pragma of checkpoints": "PRAGMA wal_checkpoint(TRUNCATE)",
    "pragma of writable_schema": "PRAGMA writable_schema = ON",
    "pragma function": "SELECT * FROM pragma_database_list",
    "pragma function of columns": "SELECT * FROM pragma_table_info('dedup_keys')",
    "pragma function counted": "SELECT count(*) FROM pragma_database_list",
    "pragma function in another database": "SELECT 1 FROM temp.pragma_function_list",
    schema: "SELECT sql FROM sqlite_schema",
    "schema by its old name": "SELECT * FROM main.sqlite_master",
    "temporary schema": "SELECT sql FROM sqlite_temp_schema",
    "schema counted": "SELECT count(*) FROM sqlite_temp_master",
    statistics: "SELECT * FROM dbstat",
    "statistics counted": "SELECT count(*) FROM dbstat",
    "duplicate keys": "SELECT * FROM dedup_keys",
    "duplicate keys counted": "SELECT count(*) FROM main.dedup_keys",
    "duplicate keys without a database": "SELECT count(*) FROM dedup_keys",
    "duplicate keys behind the name of a view":
      "WITH events AS (SELECT * FROM main.dedup_keys) SELECT * FROM events",
    "duplicate keys in a subquery": "SELECT (SELECT max(dedup_key) FROM dedup_keys)",
    "duplicate keys by EXISTS": "SELECT EXISTS (SELECT 1 FROM dedup_keys WHERE dedup_key > 'a')",
    "rejected requests": "SELECT sealed_secret FROM rejected_requests",
    "a column that no view has": "SELECT sent_by FROM main.events",
    "a row's number": "SELECT rowid FROM main.events",
    "index of fields": "SELECT places FROM field_index",
    "load an extension": "SELECT load_extension('/lib/x86_64-linux-gnu/libc.so.6')",
    "full-text tokenizer": "SELECT fts3_tokenizer('simple')",
    "full-text tokenizer of an address": "SELECT fts3_tokenizer('x', x'4141414141414141')",
    "compile options": "SELECT sqlite_compileoption_get(1)",
    "write to a log": "SELECT sqlite_log(1, 'x')",
    "explain a write": "EXPLAIN DELETE FROM main.events",
    "explain a plan of a write": "EXPLAIN QUERY PLAN DELETE FROM main.events",
    "second statement": `SELECT 1; ATTACH '${folder}/stolen.db' AS other`,
    "second statement after a comment": "SELECT 1; /* ; */ DELETE FROM main.events",
    "second SELECT": "SELECT 1; SELECT 2",
    "no statement": "-- nothing",
    "nul byte": "SELECT 1\0; DELETE FROM main.events",
    "nul byte before": "\0SELECT 1",
    "long statement": `SELECT ${"1 + ".repeat(20_000)}1`,
    "deep expression": `SELECT ${"(1 + ".repeat(500)}1${")".repeat(500)}`,
    "many columns": `SELECT ${Array.from({ length: 300 }, (_, index) => index).join(", ")}`,
    "many unions": `SELECT 1${" UNION ALL SELECT 1".repeat(100)}`,
  }),
  ...rows("too big", {
    "a blob of zeros": "SELECT zeroblob(1000000000)",
    "a padded text": "SELECT printf('%1000000000d', 1)",
    "a repeated character": "SELECT format('%.*c', 1000000000, 'x')",
    "a replacement": "SELECT replace(hex(zeroblob(1000000)), '0', hex(zeroblob(1000)))",
    "random bytes": "SELECT randomblob(1000000000)",
    "a doubled text":
      "WITH RECURSIVE r(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM r) SELECT max(length(s)) FROM r",
    "a gathered text":
      "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 20) SELECT group_concat(hex(zeroblob(1000000 + i))) FROM r",
  }),
  ...rows("ended", {
    "an endless text": `${ENDLESS} SELECT group_concat(hex(zeroblob(1000))) FROM r`,
    "endless rows": `${ENDLESS} SELECT count(*) FROM r`,
    "endless rows that are not shown": `${ENDLESS} SELECT i FROM r WHERE i < 0`,
    "a join of three": `WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 100000)
      SELECT count(*) FROM r a, r b, r c WHERE a.i + b.i + c.i = 1`,
    "an endless sort": `${ENDLESS} SELECT i, hex(randomblob(500)) FROM r ORDER BY 2`,
    "endless distinct values": `${ENDLESS} SELECT count(DISTINCT hex(randomblob(500))) FROM r`,
    "endless groups": `${ENDLESS} SELECT hex(randomblob(200)) AS a, count(*) FROM r GROUP BY a`,
    "an endless list": `${ENDLESS} SELECT json_group_array(i) FROM r`,
    "an endless object": `${ENDLESS} SELECT json_group_object(i, hex(zeroblob(100))) FROM r`,
    "an endless window": `${ENDLESS} SELECT sum(i) OVER (ORDER BY i ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM r`,
    "endless materialized rows": `WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r),
      m AS MATERIALIZED (SELECT hex(randomblob(500)) AS a FROM r) SELECT count(*) FROM m`,
    "an endless union": "WITH RECURSIVE r(i) AS (SELECT 1 UNION SELECT i + 1 FROM r) SELECT count(*) FROM r",
    "large values one by one": `${ENDLESS} SELECT max(length(randomblob(15000000 + i))) FROM r`,
    "large values sorted": `${ENDLESS} SELECT randomblob(10000000 + i) AS b FROM r ORDER BY b`,
  }),
  ...rows("harmless", {
    "explain a SELECT": "EXPLAIN SELECT id FROM events",
    "a comment and semicolons after it": "SELECT 1; -- ; DELETE FROM main.events\n ;; /* DELETE",
    "the table behind a view": "SELECT id FROM main.events",
    "a name like a table's": "WITH results AS (SELECT 1 AS a) SELECT count(*) FROM results",
  }),
];
