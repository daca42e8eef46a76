import { afterAll, beforeAll, expect, test } from "bun:test";
import { newId } from "../../src/lib/ids.ts";
import { createRunSql } from "../../src/webhooks/sql/sql-queries.ts";
import { BOB_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";
import { appErrorOf } from "../support/thrown.ts";

let api: TestApi;
let path: string;
beforeAll(async () => {
  api = await startTestApi();
  path = `/webhooks/${api.webhook.id}/query`;
});
afterAll(() => api.stop());

const ask = (json: object, token?: string) => api.call("POST", path, { json, ...(token && { token }) });

test("a query reads the webhook's events, with the names of its entrypoints and targets", async () => {
  const sql = `SELECT e.id, json ->> '$.n' AS n, t.name, p.name, status_code FROM events e
    JOIN results r ON r.event_id = e.id JOIN targets t ON t.id = r.target_id JOIN entrypoints p ON p.id = e.entrypoint_id`;
  const answer = await ask({ sql, newest: "all" });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([
    200,
    "application/json;charset=utf-8",
  ]);
  expect(answer.body).toEqual({
    columns: ["id", "n", "name", "name", "status_code"],
    rows: [[api.event.id, 1, "Warehouse", "Orders", 500]],
    row_count: 1,
    truncated: null,
    ms: expect.any(Number),
  });
});

test("a query takes parameters and a number of rows", async () => {
  const sql = "SELECT value FROM json_each(?)";
  const { body } = await ask({ sql, params: ["[1, 2, 3]"], max_rows: 2 });
  expect(body).toMatchObject({ rows: [[1], [2]], truncated: "rows" });
});

test("a long number is compared exactly if it is a text, and one that is no integer of SQLite is taken", async () => {
  const sql = "SELECT '{\"id\":1610521604143693813}' ->> '$.id' = CAST(? AS INTEGER), ?";
  const { body } = await ask({ sql, params: ["1610521604143693813", 1e20] });
  expect(body).toMatchObject({ rows: [[1, 1e20]] });
});

test("a wrong statement is told with its place", async () => {
  const { status, body } = await ask({ sql: "SELECT\n  nope FROM events" });
  expect([status, body]).toEqual([
    422,
    {
      error: {
        code: "sql_error",
        message: "The statement cannot be run.",
        details: [{ path: "sql", message: "SQLite: no such column: nope (line 2, column 3)" }],
      },
    },
  ]);
});

test.each([
  [{}, "sql"],
  [{ sql: "  " }, "sql"],
  [{ sql: "x".repeat(65_537) }, "sql"],
  [{ sql: "SELECT 1", params: [{}] }, "params"],
  [{ sql: "SELECT ?", params: [2 ** 60] }, "params"],
  [{ sql: "SELECT $id", params: { id: -(2 ** 60) } }, "params"],
  [{ sql: "SELECT 1", newest: 0 }, "newest"],
  [{ sql: "SELECT 1", max_rows: 10_001 }, "max_rows"],
])("%j is refused", async (json, field) => {
  const { status, body } = await ask(json);
  expect([status, JSON.stringify(body)]).toEqual([422, expect.stringContaining(`"path":"${field}`)]);
});

test("the audit log has who ran a query on what, and not the statement", async () => {
  await ask({ sql: "SELECT 'secret of a customer'" });
  await ask({ sql: "SELECT 'secret of a customer' FROM nowhere" });
  const { entries: added } = api.mainDb.audit.search({ readerId: null, limit: 2 });
  expect(added).toMatchObject([
    { action: "webhook.query", outcome: "refused", code: "sql_error", webhook_id: api.webhook.id },
    { action: "webhook.query", outcome: "done", code: null, object_id: api.webhook.id, user_id: api.ada },
  ]);
  expect(JSON.stringify(added)).not.toContain("secret of a customer");
});

test("viewers and replayers may not query, even with a key of every scope", async () => {
  expect((await ask({ sql: "SELECT 1" }, BOB_TOKEN)).status).toBe(404);
  for (const [role, status] of [
    ["viewer", 403],
    ["replayer", 403],
    ["editor", 200],
  ] as const) {
    const member = await api.useCases.members.add({ ...api.of, input: { username: "bob", role } });
    expect([role, (await ask({ sql: "SELECT 1" }, BOB_TOKEN)).status]).toEqual([role, status]);
    await api.useCases.members.remove({ ...api.of, memberId: member.id ?? "" });
  }
});

test("a key needs the scope events:read", async () => {
  const { token } = api.parts.apiKeys.create({ userId: api.ada, name: "Narrow", scopes: ["webhooks:write"] });
  expect((await ask({ sql: "SELECT 1" }, token)).status).toBe(403);
});

test("nothing is read for someone whose role ends while the query runs", async () => {
  const member = await api.useCases.members.add({ ...api.of, input: { username: "bob", role: "editor" } });
  const run = createRunSql({
    mainDb: api.mainDb,
    isEnabled: true,
    sqlConsole: {
      async run() {
        await api.useCases.members.remove({ ...api.of, memberId: member.id ?? "" });
        return { columns: [], row_count: 0, truncated: null, ms: 1, text: "[]" };
      },
    },
  });
  const of = { userId: api.bob, webhookId: api.webhook.id };
  expect(await appErrorOf(() => run({ ...of, input: { sql: "SELECT 1" } }))).toMatchObject({
    kind: "not_found",
  });
});

test("SQL_CONSOLE=off disables it", async () => {
  const run = createRunSql({
    mainDb: api.mainDb,
    isEnabled: false,
    sqlConsole: { run: () => Promise.reject(new Error("was run")) },
  });
  const of = { userId: api.ada, webhookId: api.webhook.id };
  expect(await appErrorOf(() => run({ ...of, input: { sql: "SELECT 1" } }))).toMatchObject({
    kind: "forbidden",
    code: "sql_console_off",
  });
});

test("saved queries are one's own, and end with the webhook", async () => {
  const { savedQueries, webhooks } = api.useCases;
  const { id: webhookId } = await webhooks.create({ userId: api.ada, input: { name: "Second" } });
  const of = { userId: api.ada, webhookId };
  await savedQueries.save({ ...of, input: { name: " Types ", sql: "SELECT 1" } });
  await savedQueries.save({ ...of, input: { name: "Types", sql: "SELECT 2" } });
  const [saved, ...others] = await savedQueries.list(of);
  expect([saved, others]).toEqual([{ id: expect.any(String), name: "Types", sql: "SELECT 2" }, []]);
  await api.useCases.members.add({ ...of, input: { username: "bob", role: "editor" } });
  const asBob = { ...of, userId: api.bob };
  expect(await savedQueries.list(asBob)).toEqual([]);
  const stolen = await appErrorOf(() => savedQueries.remove({ ...asBob, queryId: saved?.id ?? "" }));
  expect(stolen.kind).toBe("not_found");
  for (let count = 1; count < 20; count++) {
    await savedQueries.save({ ...of, input: { name: `Query ${count}`, sql: "SELECT 1" } });
  }
  const full = await appErrorOf(() =>
    savedQueries.save({ ...of, input: { name: newId(), sql: "SELECT 1" } }),
  );
  expect(full.kind).toBe("conflict");
  await savedQueries.remove({ ...of, queryId: saved?.id ?? "" });
  expect(await savedQueries.list(of)).toHaveLength(19);
  await webhooks.remove(of);
  expect(api.mainDb.savedQueries.list(of)).toEqual([]);
});
