import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { sqlPath } from "../../src/dashboard/sql/paths.ts";
import { startTestEvents, type TestEvents } from "../support/test-events.ts";

let app: TestEvents;
let path: string;
let ids: readonly string[];

beforeAll(async () => {
  app = await startTestEvents();
  path = sqlPath(app.webhook.id);
  const bodies = ['{"n":1}', "<script>alert(1)</script>", "=HYPERLINK(1)"];
  const drafts = [];
  for (const body of bodies) drafts.push(await app.addEvent({ body }));
  ids = drafts.map(({ id }) => id).sort();
});
afterAll(() => app.stop());

const run = (sql: string, more: Record<string, string> = {}) =>
  app.ask(path, { form: { sql, newest: "100000", as: "page", ...more } });

async function htmlOf(answer: Response | Promise<Response>): Promise<string> {
  return (await answer).text();
}

describe("the page", () => {
  test("begins with an example, and runs nothing by itself", async () => {
    const html = await htmlOf(app.ask(path));
    expect(html).toContain("FROM events\nORDER BY id DESC");
    expect(html).not.toContain('id="result"');
    expect(await htmlOf(app.ask(`${path}?example=types`))).toContain("GROUP BY type");
    expect(await htmlOf(app.ask(`${path}?example=none&amp;saved=none`))).toContain("ORDER BY id DESC");
  });

  test("shows rows, with values as text, and leads to the events", async () => {
    const answer = await run(
      "SELECT id, body, NULL AS none, 9007199254740993 AS big FROM events ORDER BY id",
    );
    const html = await answer.text();
    expect(answer.status).toBe(200);
    expect(html).toContain("3 rows");
    expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(html).not.toContain("<script>alert(1)");
    expect(html).toContain(`href="${app.path}/events/${ids[0]}"`);
    expect(html).toContain("9007199254740993");
    expect(html).toContain('<span class="muted">NULL</span>');
  });

  test("offers to replay the events of a column of ids, each once", async () => {
    const html = await htmlOf(run("SELECT id AS event_id FROM events UNION ALL SELECT id FROM events"));
    expect(html).toContain("Replay these 3…");
    for (const id of ids) expect(html.split(`name="event" value="${id}"`)).toHaveLength(2);
    expect(await htmlOf(run("SELECT id AS other FROM events"))).not.toContain("Replay these");
    expect(await htmlOf(run("SELECT 'x' AS id FROM events"))).not.toContain("Replay these");
    const ask = `${app.path}/replays/new?chosen=1&${ids.map((id) => `event=${id}`).join("&")}`;
    expect(await htmlOf(app.ask(ask))).toContain("3 selected events");
  });

  test("holds a bounded number of cells, and says what is left out", async () => {
    const numbers = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r LIMIT 2000)";
    const many = await htmlOf(run(`${numbers} SELECT i FROM r`));
    expect(many.split('class="sql-cell"')).toHaveLength(501);
    expect(many).toContain("The page shows the first 500 rows.");
    const wide = Array.from({ length: 100 }, (_, index) => `i AS c${index}`).join(", ");
    const cells =
      (await htmlOf(run(`${numbers} SELECT ${wide} FROM r`))).split('class="sql-cell"').length - 1;
    expect(cells).toBe(5_000);
    expect(await htmlOf(run("SELECT hex(zeroblob(5000))"))).toContain(`${"0".repeat(300)}…`);
  });

  test("keeps a faulty statement, and marks its place", async () => {
    const answer = await run("SELECT id,\r\n  <nope> FROM events");
    const html = await answer.text();
    expect(answer.status).toBe(422);
    expect(html).toContain("SQLite: near &quot;&lt;&quot;: syntax error (line 2, column 3).");
    expect(html).toContain('data-fault-line="2" data-fault-column="3"');
    expect(html).toContain("  &lt;nope&gt; FROM events</textarea>");
    const refused = await htmlOf(run("DELETE FROM main.events"));
    expect(refused).toContain("Only a SELECT can be run here.");
    expect((await run("SELECT 1", { newest: "many" })).status).toBe(422);
  });
});

describe("a download", () => {
  test("as CSV has the rows, and no formula", async () => {
    const answer = await run("SELECT body FROM events ORDER BY id", { as: "csv" });
    expect(answer.headers.get("content-type")).toStartWith("text/csv");
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="shop-query.csv"');
    expect((await answer.text()).split("\r\n").sort()).toEqual(
      ["body", '"{""n"":1}"', "<script>alert(1)</script>", "'=HYPERLINK(1)\n"].sort(),
    );
  });

  test("as NDJSON has an object for each row", async () => {
    const answer = await run("SELECT 1 AS a, 'b' AS b UNION ALL SELECT 2, NULL", { as: "ndjson" });
    expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
    expect(await answer.text()).toBe('{"a":1,"b":"b"}\n{"a":2,"b":null}\n');
  });

  test("of a faulty statement is the page with its fault", async () => {
    const answer = await run("SELECT nope", { as: "csv" });
    expect([answer.status, (await answer.text()).includes("no such column: nope")]).toEqual([422, true]);
  });
});

describe("statements", () => {
  test("are saved under a name, opened and deleted", async () => {
    const sql = "SELECT 'saved <here>'";
    const saved = await app.ask(`${app.path}/queries`, { form: { sql, name: "Mine <b>" } });
    const location = saved.headers.get("location") ?? "";
    expect([saved.status, location.startsWith(`${path}?saved=`)]).toEqual([303, true]);
    const html = await htmlOf(app.ask(location));
    expect(html).toContain("Mine &lt;b&gt;");
    expect(html).toContain("saved &lt;here&gt;");
    const id = location.split("=")[1];
    const removed = await app.ask(`${app.path}/queries/${id}/delete`, { form: {} });
    expect([removed.status, removed.headers.get("location")]).toEqual([303, path]);
    expect((await app.ask(`${app.path}/queries/${id}/delete`, { form: {} })).status).toBe(404);
  });

  test("without a name come back with the fault", async () => {
    const answer = await app.ask(`${app.path}/queries`, { form: { sql: "SELECT 77", name: " " } });
    const html = await answer.text();
    expect([answer.status, html.includes("Is empty."), html.includes("SELECT 77")]).toEqual([
      422,
      true,
      true,
    ]);
  });
});

test("the log leads there, for editors", async () => {
  expect(await htmlOf(app.ask(`${app.path}/logs`))).toContain(`href="${path}"`);
  await app.useCases.members.add({ ...app.of, input: { username: "bob", role: "replayer" } });
  expect(await htmlOf(app.ask(`${app.path}/logs`, { as: app.bob }))).not.toContain(`href="${path}"`);
  expect((await app.ask(path, { as: app.bob })).status).toBe(403);
});

test("SQL_CONSOLE=off disables the page and its link", async () => {
  const off = await startTestEvents({ SQL_CONSOLE: "off" });
  expect((await off.ask(sqlPath(off.webhook.id))).status).toBe(403);
  const form = { sql: "SELECT 1", newest: "100", as: "page" };
  expect((await off.ask(sqlPath(off.webhook.id), { form })).status).toBe(403);
  expect(await htmlOf(off.ask(`${off.path}/logs`))).not.toContain(sqlPath(off.webhook.id));
  await off.stop();
});
