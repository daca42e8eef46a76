/** The digests of an event file tell every difference between rows, and none of how they came there. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { newId } from "../../../src/lib/ids.ts";
import { eventMigrations } from "../../../src/storage/event-db/migrations/index.ts";
import { digestTables } from "../../../src/storage/reader/file-digest.ts";
import { createStorageWorld, draft, pendingFor, query, type StorageWorld } from "../storage-world.ts";

let worlds: StorageWorld[];

beforeEach(() => {
  worlds = [createStorageWorld(), createStorageWorld()];
});

afterEach(async () => {
  for (const world of worlds) await world.dispose();
});

function emptyFile(): Database {
  const db = new Database(":memory:");
  for (const sql of eventMigrations) db.run(sql);
  db.run("PRAGMA ignore_check_constraints = ON");
  return db;
}

/** The tables whose digests differ. */
function differing(one: Database, other: Database): string[] {
  const digests = digestTables(other);
  return [...digestTables(one)].flatMap(([table, digest]) => (digests.get(table) === digest ? [] : [table]));
}

const tables = emptyFile()
  .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
  .all()
  .map(({ name }) => name);

/** Adds a row with a value in each column. */
function addRow(db: Database, table: string, number: number): void {
  const columns = db.query<{ type: string }, [string]>("SELECT type FROM pragma_table_info(?)").all(table);
  const values = columns.map(({ type }) =>
    type === "INTEGER" ? number : type === "BLOB" ? `x'0${number}'` : `'${number}'`,
  );
  db.run(`INSERT OR REPLACE INTO ${table} VALUES (${values.join(", ")})`);
}

// The mark of the last counted event changes nothing where no event is stored.
test.each(tables.filter((table) => !["last_counted_event", "log_position"].includes(table)))(
  "a row of %s counts",
  (table) => {
    const [one, other] = [emptyFile(), emptyFile()];
    expect(differing(one, other)).toEqual([]);
    addRow(one, table, 1);
    expect(differing(one, other)).toContain(table);
    addRow(other, table, 2);
    expect(differing(one, other)).toContain(table);
    addRow(one, table, 2);
    addRow(other, table, 1);
    // Only events have to be written in the same order.
    const expected = ["events", "rejected_requests"].includes(table) ? [table] : [];
    expect(differing(one, other)).toEqual(expected);
  },
);

test("whole numbers of 64 bits, the length of bytes and the place of a NULL count", () => {
  const differ = (...inserts: [string, string]) => {
    const files = inserts.map((insert) => {
      const db = emptyFile();
      db.run(insert);
      return db;
    });
    return files[0] && files[1] ? differing(files[0], files[1]) : [];
  };
  const field = (hash: string) => `INSERT INTO event_fields VALUES (${hash}, 1)`;
  expect(differ(field("9007199254740993"), field("9007199254740992"))).toEqual(["event_fields"]);
  const hours = (rows: string) => `INSERT INTO target_hours VALUES ${rows}`;
  const [long, short] = [`('a', 1, x'0102'), ('a', 2, x'03')`, `('a', 1, x'01'), ('a', 2, x'0203')`];
  expect(differ(hours(long), hours(short))).toEqual(["target_hours"]);
  const replay = (values: string) => `INSERT INTO replay_targets VALUES ('r', 't', 'done', '', ${values}, 0)`;
  expect(differ(replay("NULL, 0"), replay("0, 0"))).toEqual(["replay_targets"]);
});

test("how many events are in the tallies already does not count", async () => {
  const webhookId = newId();
  const drafts = Array.from({ length: 140 }, (_, n) =>
    draft({ webhookId, receivedAt: 1_000 + n * 100_000, targets: [pendingFor("a")] }),
  );
  const [together, inTurn] = worlds;
  if (!together || !inTurn) throw new Error("two worlds are needed");
  await Promise.all(drafts.map((one) => together.writer.append(one)));
  for (let from = 0; from < 140; from += 40) {
    await Promise.all(drafts.slice(from, from + 40).map((one) => inTurn.writer.append(one)));
  }
  const [one, other] = [together, inTurn].map(({ files }) => files.open(webhookId).db);
  const counted = [together, inTurn].map(({ files }) =>
    query<{ n: number }>(files.pathOf(webhookId), "SELECT sum(events) AS n FROM counted_entrypoints"),
  );
  expect(counted).toEqual([[{ n: 140 }], [{ n: 80 }]]);
  expect(one && other && differing(one, other)).toEqual([]);
  await inTurn.writer.append(draft({ webhookId }));
  expect(one && other && differing(one, other)).toEqual(["counted_entrypoints", "counted_hours", "events"]);
});
