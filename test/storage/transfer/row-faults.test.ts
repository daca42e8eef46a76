/** Values that the program never writes are found in every column, and no value that it writes. */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { newId } from "../../../src/lib/ids.ts";
import { keepRejected } from "../../../src/storage/event-db/rejected.ts";
import { LAST_TIME, listRowFaults } from "../../../src/storage/transfer/row-faults.ts";
import { createStorageWorld, draft, pendingFor, type StorageWorld, settlement } from "../storage-world.ts";

let world: StorageWorld;
let db: Database;

beforeAll(async () => {
  world = createStorageWorld();
  const webhookId = newId();
  const event = { webhookId, entrypointId: newId(), receivedAt: Date.UTC(2030, 0, 1) };
  const targetId = newId();
  const mark = { targetId, fingerprint: "f" };
  const marks = { filtered: [mark], unjudged: [mark] };
  const { id } = await world.append({ ...event, targets: [pendingFor(targetId)], ...marks });
  await world.events.settle(webhookId, settlement({ eventId: id, targetId }));
  const copy = draft({ ...event, targets: [] });
  const dedup = { key: "key", bodyHash: new Uint8Array(32), differing: "drop" } as const;
  for (let n = 0; n < 2; n++) await world.events.appendOnce({ ...copy, id: newId() }, dedup);
  world.inFile(webhookId, (file) => {
    keepRejected(file, { ...copy, id: newId(), reason: "It is not signed.", sealedSecret: "sealed" });
    file.db.run("INSERT INTO open_circuits VALUES (?, 1, 'It was down.')", [newId()]);
    file.db.run("INSERT INTO released_events VALUES (?, 1)", [id]);
    file.db.run("INSERT INTO event_fields VALUES (1, 1)");
    // Inserted here, as events are counted many at a time.
    file.db.run("INSERT INTO counted_hours VALUES (3600000, 1, 1, 1, 1)");
    file.db.run("INSERT INTO target_hours VALUES (?, 3600000, x'')", [targetId]);
    file.db.run("INSERT INTO counted_entrypoints VALUES (?, 0, 0, 1)", [newId()]);
    file.db.run("INSERT INTO last_counted_event VALUES (1, ?)", [id]);
    file.db.run("INSERT INTO log_position VALUES (1, 'log', 1, 0)");
    file.db.run("INSERT INTO replay_targets VALUES (?, ?, 'done', '', 1, 0, 0)", [newId(), targetId]);
    file.db.run(
      `INSERT INTO replay_runs (id, state, selection, only_missing, cursor, last_event_id, asked_by, created_at,
         updated_at) VALUES (?, 'done', '{}', 0, '', '', '', 1, 1)`,
      [newId()],
    );
  });
  db = new Database(world.files.pathOf(webhookId));
  db.run("PRAGMA ignore_check_constraints = ON");
});
afterAll(async () => {
  db.close();
  await world.dispose();
});

type Column = Readonly<{ table: string; name: string; type: string }>;

function listColumns(): readonly Column[] {
  return db
    .query<Column, []>(
      `SELECT m.name AS "table", c.name, c.type FROM sqlite_schema m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`,
    )
    .all();
}

/** The faults found while the column has that value; the change is rolled back. */
function faultsWith({ table, name }: Column, expression: string): readonly string[] {
  db.run("BEGIN");
  try {
    const { changes } = db.run(`UPDATE OR IGNORE ${table} SET ${name} = ${expression}`);
    expect([table, name, changes > 0]).toEqual([table, name, true]);
    return listRowFaults(db, "");
  } finally {
    db.run("ROLLBACK");
  }
}

const NO_HEADERS = [
  ...[
    "'null'",
    "'{}'",
    "'[null]'",
    "'[[1, \"a\"]]'",
    "'[[\"a\", null]]'",
    "'[[\"a\"]]'",
    '\'[["a","b","c"]]\'',
  ],
  ...[
    "''",
    "'['",
    "'[]' || char(0)",
    '\'[{"a":"b"}]\'',
    "'\"text\"'",
    "replace(hex(zeroblob(2000)), '00', '[')",
  ],
];
const NOT_SENDABLE = [
  ...['\'[["","a"]]\'', '\'[["a b","a"]]\'', '\'[["a","b\\r\\nc: d"]]\'', '\'[["a","b\\u0000"]]\''],
  ...['\'[["a","\\u0100"]]\'', '\'[["\\u00e4","a"]]\'', '\'[["a\\u0000","b"]]\''],
];

/** The first filter that is noted in a file is number 1. */
const NO_NUMBERS = [
  "'null'",
  "'1'",
  "'[2]'",
  "'[1,1]'",
  "'[\"1\"]'",
  "'[null]'",
  "'[[1]]'",
  "'['",
  "'[1]' || char(0)",
];

function wrongFor({ name, type }: Column): readonly string[] {
  if (name === "one") return [];
  if (type === "INTEGER") {
    const isTime = name === "hour" || name.endsWith("_at");
    return isTime
      ? ["-1", String(LAST_TIME + 1), "8640000000000001", "9223372036854775807"]
      : ["-1", "9007199254740992", "9223372036854775807", "-9223372036854775808"];
  }
  if (type === "BLOB") return name === "response_body" ? ["zeroblob(65537)"] : [];
  const long = "hex(zeroblob(600000))";
  if (name === "id" || name === "event_id")
    return [long, "''", "'x'", `'${newId().toUpperCase()}'`, `'${newId()}' || char(0)`];
  if (name === "method") return [long, "''", "'GET '", "'get'", "'POST' || char(0) || 'x'"];
  if (name === "headers") return [long, ...NO_HEADERS, ...NOT_SENDABLE];
  if (name === "filtered" || name === "unjudged") return [long, ...NO_NUMBERS];
  return name === "response_headers" ? [long, ...NO_HEADERS] : [long];
}

test("what the program has written has no faults", () => {
  expect(listRowFaults(db, "")).toEqual([]);
});

test("each column with a value the program cannot have written is reported by its name", () => {
  const columns = listColumns();
  expect(columns.length).toBeGreaterThan(80);
  for (const column of columns) {
    for (const expression of wrongFor(column)) {
      const faults = faultsWith(column, expression);
      expect([column.table, column.name, expression, faults.join()]).toEqual([
        ...[column.table, column.name, expression],
        expect.stringContaining(`${column.table}.${column.name} `),
      ]);
    }
  }
});

test("a body whose size differs from its row, and counts whose sum is too large, are reported", () => {
  for (const table of ["events", "rejected_requests"]) {
    const column = { table, name: "body_size", type: "INTEGER" };
    expect(faultsWith(column, "body_size + 1")).toEqual([`${table}.body_size is not the size of the body`]);
  }
  db.run("BEGIN");
  db.run("UPDATE counted_hours SET received = 9007199254740991");
  db.run("INSERT INTO counted_hours VALUES (7200000, 1, 0, 0, 0)");
  expect(listRowFaults(db, "")).toEqual(["counted_hours.received adds up to an invalid count"]);
  db.run("ROLLBACK");
});
