import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { newId } from "../../../src/lib/ids.ts";
import { SQL_VIEWS } from "../../../src/storage/sql-console/columns.ts";
import { tableRows } from "../../support/manual.ts";
import { thrownBy } from "../../support/thrown.ts";
import { createSqlWorld, isRunning, RECEIVED_AT, type SqlWorld } from "./support.ts";

let world: SqlWorld;
let ids: readonly string[];

beforeAll(async () => {
  world = await createSqlWorld();
  const bodies = [
    '{"total":12.5,"id":9007199254740995}',
    'plain, "quoted"',
    new Uint8Array([0xff, 0x00]),
    "",
  ];
  const drafts = [];
  for (const body of bodies) {
    drafts.push(
      await world.append({
        webhookId: world.webhookId,
        receivedAt: RECEIVED_AT,
        headers: [
          ["X-Shop", "a"],
          ["x-shop", "b"],
        ],
        body: Buffer.from(body),
        targets: [{ id: "target-1", settlesAtIngest: false }],
      }),
    );
  }
  ids = drafts.map(({ id }) => id);
});
afterAll(() => world.dispose());

const ENDLESS = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r";

/** Resolves once as many queries run. */
async function untilRunning(of: SqlWorld, count: number): Promise<readonly number[]> {
  while (of.sqlConsole.pids().length !== count) await new Promise((resolve) => setImmediate(resolve));
  return of.sqlConsole.pids();
}

describe("a result", () => {
  test("has values as JSON knows them: long integers as text, bytes as text where they are", async () => {
    const sql =
      "SELECT json ->> '$.id' AS a, json ->> '$.total', body, body_size, type FROM events ORDER BY id";
    expect(await world.rows(sql)).toEqual([
      ["9007199254740995", 12.5, '{"total":12.5,"id":9007199254740995}', 36, null],
      [null, null, 'plain, "quoted"', 15, null],
      [null, null, { base64: "/wA=" }, 2, null],
      [null, null, "", 0, null],
    ]);
    expect(await world.rows("SELECT 9e999, -1, 1.5, x'', 9007199254740991, -9007199254740993")).toEqual([
      ["Infinity", -1, 1.5, "", 9_007_199_254_740_991, "-9007199254740993"],
    ]);
  });

  test("names its columns, also where two have one name", async () => {
    const result = await world.run('SELECT 1 AS a, 2 AS a, 3 AS "1"', { format: "ndjson" });
    expect(result).toMatchObject({ columns: ["a", "a", "1"], row_count: 1, truncated: null });
    expect(result.text).toBe('{"a":1,"a_2":2,"1":3}');
  });

  test("as CSV has quoted values, and none that a spreadsheet takes for a formula", async () => {
    const sql =
      "SELECT id AS \"an id\", CASE WHEN json THEN '=1+1' ELSE body END AS b, NULL AS c FROM events ORDER BY id";
    expect((await world.run(sql, { format: "csv" })).text.split("\r\n")).toEqual([
      "an id,b,c",
      `${ids[0]},"plain, ""quoted""",`.replace(
        '"plain, ""quoted"""',
        '"{""total"":12.5,""id"":9007199254740995}"',
      ),
      `${ids[1]},"plain, ""quoted""",`,
      `${ids[2]},base64:/wA=,`,
      `${ids[3]},,`,
    ]);
    expect(
      (await world.run("SELECT '=1' AS a, '-1' AS b, 'a\nb' AS c, -1 AS d", { format: "csv" })).text,
    ).toBe("a,b,c,d\r\n'=1,'-1,\"a\nb\",-1");
  });

  test("ends at the wanted number of rows, and says so", async () => {
    const few = await world.run("SELECT id FROM events", { maxRows: 3 });
    expect(few).toMatchObject({ row_count: 3, truncated: "rows" });
    expect(await world.run("SELECT id FROM events", { maxRows: 4 })).toMatchObject({
      row_count: 4,
      truncated: null,
    });
  });

  test("ends at 4 MiB, and says so", async () => {
    const sql = `WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r LIMIT 9000)
      SELECT hex(zeroblob(500)) FROM r`;
    for (const format of ["json", "csv", "ndjson"] as const) {
      const { row_count: count, truncated, text } = await world.run(sql, { format, maxRows: 10_000 });
      expect([truncated, count > 4_000]).toEqual(["size", true]);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4 * 2 ** 20);
    }
    expect(await world.run("SELECT zeroblob(5000000)")).toMatchObject({
      row_count: 0,
      truncated: "size",
      text: "[]",
    });
  });
});

describe("a statement", () => {
  test("reads deliveries with the names of their targets, of the newest events only if they are asked for", async () => {
    const names = { entrypoints: [], targets: [["target-1", "Warehouse"] as const] };
    const sql =
      "SELECT count(*), min(name), min(status) FROM deliveries JOIN targets ON targets.id = target_id";
    expect(await world.rows(sql, { names })).toEqual([[4, "Warehouse", "pending"]]);
    expect(await world.rows(sql, { names, newest: 3 })).toEqual([[3, "Warehouse", "pending"]]);
    expect(await world.rows(sql, { names, newest: null })).toEqual([[4, "Warehouse", "pending"]]);
    expect(await world.rows("SELECT id FROM events", { newest: 1 })).toEqual([[ids[3]]]);
  });

  test("reads headers by name", async () => {
    const sql =
      "SELECT DISTINCT header(headers, 'X-SHOP'), header(headers, 'none'), header(body, 'a') FROM events";
    expect(await world.rows(sql)).toEqual([["a, b", null, null]]);
  });

  test("takes parameters by place and by name", async () => {
    expect(await world.rows("SELECT ?, ?, ?", { params: ["a", 1.5, true] })).toEqual([["a", 1.5, 1]]);
    expect(await world.rows("SELECT $a, :b, @c", { params: { a: null, b: "x", c: 2 } })).toEqual([
      [null, "x", 2],
    ]);
    expect(await thrownBy(() => world.run("SELECT $a", { params: { c: 1 } }))).toMatchObject({
      code: "sql_error",
    });
    expect(await thrownBy(() => world.run("SELECT ?", { params: [1, 2] }))).toMatchObject({
      code: "sql_error",
    });
  });

  test.each([
    ["SELECT id\nFROM evnts", "SQLite: no such table: evnts"],
    ["SELECT id\nFROM events\n  WHER id", 'SQLite: near "id": syntax error (line 3, column 8)'],
    ["SELECT 'ä', nope FROM events", "SQLite: no such column: nope (line 1, column 13)"],
    ["SELECT abs('a', 1)", "SQLite: wrong number of arguments to function abs() (line 1, column 8)"],
    ["SELECT json('{')", "SQLite: malformed JSON"],
    ["SELECT", "SQLite: incomplete input"],
  ])("%j is told what is wrong", async (sql, message) => {
    const error = await world.run(sql).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ kind: "invalid", code: "sql_error" });
    const [fault] = error instanceof Error && "details" in error ? [error.details].flat() : [];
    expect(fault).toEqual({ path: "sql", message });
  });

  test("sees what was stored a moment ago", async () => {
    const { id } = await world.append({ webhookId: world.webhookId, receivedAt: RECEIVED_AT });
    expect(await world.rows("SELECT count(*) FROM events WHERE id = ?", { params: [id] })).toEqual([[1]]);
  });

  test("can read the views of the manual, and every column of them", async () => {
    const manual = await Bun.file(join(import.meta.dir, "../../../src/manual/sql.md")).text();
    for (const { name, columns } of SQL_VIEWS) {
      expect(
        await world.run(`SELECT ${columns.map((column) => column.name).join(", ")} FROM ${name}`),
      ).toMatchObject({
        columns: columns.map((column) => column.name),
      });
      expect(tableRows(manual, name)).toEqual(
        columns.map((column) => [`\`${column.name}\``, column.meaning]),
      );
    }
  });
});

describe("queries", () => {
  test("run two at a time; others wait up to a limit", async () => {
    const stop = new AbortController();
    const running = [
      world.run(ENDLESS, { signal: stop.signal }),
      world.run(ENDLESS, { signal: stop.signal }),
    ];
    await untilRunning(world, 2);
    const waiting = Array.from({ length: 6 }, () => world.run("SELECT 1"));
    expect(await thrownBy(() => world.run("SELECT 1"))).toMatchObject({ kind: "unavailable", code: "busy" });
    expect(world.sqlConsole.pids()).toHaveLength(2);
    stop.abort();
    expect(await Promise.allSettled(running)).toMatchObject([
      { status: "rejected", reason: { code: "query_ended" } },
      { status: "rejected", reason: { code: "query_ended" } },
    ]);
    expect((await Promise.all(waiting)).map(({ text }) => text)).toEqual(Array(6).fill("[[1]]"));
  });

  test("of one user run one after the other; more than two do not wait", async () => {
    const stop = new AbortController();
    const first = world.run(ENDLESS, { asker: "ada", signal: stop.signal });
    await untilRunning(world, 1);
    const waiting = [1, 2].map(() => world.run("SELECT 1", { asker: "ada" }));
    expect(await thrownBy(() => world.run("SELECT 1", { asker: "ada" }))).toMatchObject({
      kind: "rate_limited",
    });
    expect(await world.rows("SELECT 2")).toEqual([[2]]);
    stop.abort();
    expect(await thrownBy(() => first)).toMatchObject({ code: "query_ended" });
    expect((await Promise.all(waiting)).map(({ text }) => text)).toEqual(["[[1]]", "[[1]]"]);
  });

  test("that nobody waits for any more leave the line", async () => {
    const stop = new AbortController();
    const running = [1, 2].map(() => world.run(ENDLESS, { signal: stop.signal }));
    await untilRunning(world, 2);
    const gone = new AbortController();
    const waiting = world.run("SELECT 1", { signal: gone.signal });
    gone.abort();
    expect(await thrownBy(() => waiting)).toMatchObject({ code: "query_ended" });
    stop.abort();
    await Promise.allSettled(running);
    expect(await world.rows("SELECT 3")).toEqual([[3]]);
  });

  test("end before the file is deleted, and those of other files go on", async () => {
    const other = newId();
    await world.files.create(other);
    const ended = world.run(ENDLESS, { webhookId: other });
    const [pid = 0] = await untilRunning(world, 1);
    const deleted = world.files.delete(other);
    expect(await thrownBy(() => ended)).toMatchObject({ code: "query_ended" });
    await deleted;
    expect(isRunning(pid)).toBe(false);
    expect(await Bun.file(world.files.pathOf(other)).exists()).toBe(false);
    expect(await world.rows("SELECT 4")).toEqual([[4]]);
  });

  test("whose process is killed by somebody else are told as ended", async () => {
    const killed = world.run(ENDLESS);
    const [pid = 0] = await untilRunning(world, 1);
    process.kill(pid, "SIGKILL");
    expect(await thrownBy(() => killed)).toMatchObject({ kind: "unavailable", code: "query_ended" });
  });

  test("of a file that cannot be read are told so", async () => {
    const broken = newId();
    await world.files.create(broken);
    await world.files.closeAll();
    await Bun.write(world.files.pathOf(broken), "x".repeat(8_192));
    expect(await thrownBy(() => world.run("SELECT 1", { webhookId: broken }))).toMatchObject({
      kind: "unavailable",
    });
  });

  test("find the file where the gateway has a relative path of it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "webhooker-events-"));
    const near = await createSqlWorld({ dataDir: relative(process.cwd(), folder) });
    expect(await near.rows("SELECT count(*) FROM events")).toEqual([[0]]);
    await near.dispose();
    rmSync(folder, { recursive: true });
  });

  test("end when the gateway stops, and none begins any more", async () => {
    const stopped = await createSqlWorld();
    const running = [1, 2].map(() => stopped.run(ENDLESS));
    await untilRunning(stopped, 2);
    const waiting = stopped.run("SELECT 1");
    stopped.stopping.abort();
    for (const each of await Promise.allSettled([...running, waiting])) {
      expect(each).toMatchObject({ status: "rejected", reason: { code: "query_ended" } });
    }
    expect(stopped.sqlConsole.pids()).toEqual([]);
    await stopped.dispose();
  });

  test("leave no process behind when the gateway is killed", async () => {
    const script = join(import.meta.dir, "parent.ts");
    const parent = Bun.spawn([process.execPath, script], { stdout: "pipe", stderr: "inherit" });
    const { value } = await parent.stdout.getReader().read();
    const pids = new TextDecoder().decode(value).trim().split(" ").map(Number);
    expect(pids).toHaveLength(2);
    parent.kill("SIGKILL");
    await parent.exited;
    // Ends with the runner's patience if one is left.
    while (pids.some(isRunning)) await new Promise((resolve) => setImmediate(resolve));
  });
});
