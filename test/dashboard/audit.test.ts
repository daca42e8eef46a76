/** The pages of the audit log show what the reader may see, and find it by who, what, on what and when. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";

let dashboard: TestDashboard;
let root: string;
let carol: string;
let webhookId: string;

beforeAll(async () => {
  dashboard = await startTestDashboard();
  root = await dashboard.signIn("root");
  carol = await dashboard.signIn("carol");
  const form = { name: "Shop <b>" };
  const made = await dashboard.ask("/sources/new", {
    form,
    cookie: carol,
    headers: { "x-forwarded-for": "192.0.2.7" },
  });
  webhookId = made.headers.get("location")?.split("/")[2] ?? "";
  dashboard.clock.advance(60_000);
  await dashboard.ask(`/source/${webhookId}/edit`, {
    form: { name: "Store", retention_days: "7" },
    cookie: carol,
  });
  // An administrator of another browser resets her password.
  await dashboard.ask(`/admin/users/${dashboard.carolId}/password`, {
    form: { confirmed: "yes" },
    cookie: root,
    headers: { "x-forwarded-for": "192.0.2.8" },
  });
});

afterAll(() => dashboard.stop());

/** The texts of the rows' cells. */
async function rowsOf(path: string, cookie: string): Promise<string[][]> {
  const answer = await dashboard.ask(path, { cookie });
  expect(answer.status).toBe(200);
  const html = await answer.text();
  const rows =
    html
      .match(/<tbody>.*<\/tbody>/s)?.[0]
      .split("</tr>")
      .slice(0, -1) ?? [];
  return rows.map((row) =>
    row
      .split("</td>")
      .slice(0, -1)
      .map((cell) =>
        cell
          .replaceAll(/<[^>]*>/g, "")
          .replaceAll(/\s+/g, " ")
          .trim(),
      ),
  );
}
const whatOf = async (path: string, cookie: string) =>
  (await rowsOf(path, cookie)).map(([, who, what, object]) => [who, what, object]);

describe("the audit log of all", () => {
  test("shows who did what on what, which fields changed, and from where", async () => {
    const [reset, edit, , created] = await rowsOf("/admin/audit", root);
    expect(reset?.slice(1)).toEqual(["root from 192.0.2.8", "Update user", "carol", "password", "done"]);
    expect(edit?.slice(2)).toEqual(["Update webhook", "Store", "name retention_days", "done"]);
    expect(created?.slice(1)).toEqual([
      "carol from 192.0.2.7",
      "Create webhook",
      "Shop &lt;b&gt;",
      "",
      "done",
    ]);
  });

  test("is for administrators only", async () => {
    carol = await signInAgain();
    for (const path of ["/admin/audit", "/admin/audit/download"]) {
      expect((await dashboard.ask(path, { cookie: carol })).status).toBe(403);
    }
  });

  test("is filtered by who, what, on what, when and result", async () => {
    const count = async (query: string) => (await rowsOf(`/admin/audit?${query}`, root)).length;
    const all = await count("");
    expect(await count("who=carol&what=webhook")).toBe(2);
    expect(await count("who=ROOT&what=webhook")).toBe(0);
    expect(await count("who=nobody")).toBe(0);
    expect(await count(`object=${webhookId}&what=webhook.update`)).toBe(1);
    const at = new Date(dashboard.clock.now() - 30_000).toISOString();
    const [before, after] = [await count(`to=${at}`), await count(`from=${at}`)];
    expect([before > 0, after > 0, before + after]).toEqual([true, true, all]);
    expect(await count("outcome=refused")).toBe(2);
  });

  test("says which condition it ignored", async () => {
    const html = await (await dashboard.ask("/admin/audit?from=yesterday", { cookie: root })).text();
    expect(html).toContain("“from” was ignored: it is not a date with a time.");
  });
});

describe("a user's own audit log", () => {
  test("shows what they did and what was done to them, without where others were", async () => {
    const rows = await whatOf("/profile/audit", await signInAgain());
    expect(rows).toContainEqual(["root", "Update user", "carol"]);
    expect(rows).toContainEqual([expect.stringMatching(/^carol from /), "Update webhook", "Store"]);
    expect(rows.filter(([who]) => who?.startsWith("root"))).toEqual([["root", "Update user", "carol"]]);
  });

  test("does not tell whether a username exists, nor the name of a webhook that is not theirs", async () => {
    const { useCases, rootId: userId } = dashboard;
    const { id } = await useCases.webhooks.create({ userId, input: { name: "Salaries" } });
    const cookie = await signInAgain();
    expect((await dashboard.ask(`/source/${id}/delete`, { form: { confirmed: "yes" }, cookie })).status).toBe(
      404,
    );
    const html = await (await dashboard.ask("/profile/audit", { cookie })).text();
    expect(html).toContain("not_found");
    expect(html).not.toContain(id);
    expect(html).not.toContain("Salaries");
    expect(await rowsOf("/profile/audit?who=root", cookie)).toEqual(
      await rowsOf("/profile/audit?who=x", cookie),
    );
  });

  test("is linked from the profile and from a webhook's settings", async () => {
    const cookie = await signInAgain();
    const hrefs = async (path: string) => (await dashboard.ask(path, { cookie })).text();
    expect(await hrefs("/profile")).toContain('href="/profile/audit"');
    expect(await hrefs(`/source/${webhookId}/edit`)).toContain(`href="/profile/audit?object=${webhookId}"`);
  });

  test("has pages that each continue where the one before ended", async () => {
    const cookie = await signInAgain();
    for (let n = 0; n < 60; n++) {
      await dashboard.ask("/profile/api-keys", { form: { name: `key ${n}` }, cookie });
    }
    const first = await whatOf("/profile/audit?what=api_key", cookie);
    expect(first).toHaveLength(50);
    const html = await (await dashboard.ask("/profile/audit?what=api_key", { cookie })).text();
    const older =
      /href="(\/profile\/audit\?[^"]*before=\d+)"/.exec(html)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const second = await whatOf(older, cookie);
    expect(second.map(([, , object]) => object)).toEqual(
      Array.from({ length: 10 }, (_, index) => `key ${9 - index}`),
    );
  });
});

describe("the download", () => {
  test("has one JSON object a line, all of the filter's entries", async () => {
    const answer = await dashboard.ask("/admin/audit/download?what=api_key", { cookie: root });
    expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = (await answer.text()).trimEnd().split("\n");
    const entries: { action: string; object_name: string }[] = lines.map((line) => JSON.parse(line));
    expect(entries.map(({ action }) => action)).toEqual(Array(60).fill("api_key.create"));
    expect(entries[59]?.object_name).toBe("key 0");
  });

  test("is empty for a user whom nobody has", async () => {
    const answer = await dashboard.ask("/admin/audit/download?who=nobody", { cookie: root });
    expect(await answer.text()).toBe("");
  });
});

/** Her password was reset, so she needs another. */
async function signInAgain(): Promise<string> {
  const password = "another long password";
  await dashboard.users.setPassword({ userId: dashboard.carolId, password });
  return dashboard.signIn("carol", password);
}
