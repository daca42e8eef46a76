/** The API gives the audit log page by page and as lines. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { BOB_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const page = z.object({
  data: z.array(z.looseObject({ number: z.number(), action: z.string(), user_id: z.string().nullable() })),
  next_cursor: z.string().nullable(),
});
const list = async (query = "", options = {}) =>
  page.parse((await api.call("GET", `/audit${query}`, options)).body);

describe("GET /audit", () => {
  test("lists what the caller did and what was done to their objects", async () => {
    const created = await api.call("POST", "/webhooks", { json: { name: "Audited" } });
    const { data } = await list();
    expect(data[0]).toMatchObject({
      via: "api",
      user_id: api.ada,
      username: "ada",
      api_key_name: "Tests",
      remote_address: expect.any(String),
      request_id: created.headers.get("x-request-id"),
      action: "webhook.create",
      outcome: "done",
      code: null,
      object_name: "Audited",
      webhook_name: "Audited",
      fields: [],
    });
    const bobs = await list("", { token: BOB_TOKEN });
    expect(bobs.data.map(({ action }) => action)).toEqual(["api_key.create", "user.create"]);
  });

  test("names the changed fields, the parts of JSON settings too, and no secret that stayed", async () => {
    const { data } = z
      .object({ data: z.array(z.object({ id: z.string() })) })
      .parse((await api.call("GET", "/webhooks")).body);
    const webhook = data[0]?.id;
    const path = `/webhooks/${webhook}/targets`;
    const config = { url: "http://127.0.0.1:9/", headers: { "X-Token": "s3cret", "X-Other": "o" } };
    const made = await api.call("POST", path, { json: { name: "Depot", type: "http", config } });
    const { id } = z.object({ id: z.string() }).parse(made.body);
    const changed = {
      ...config,
      url: "http://127.0.0.1:10/",
      headers: { "X-Token": "[secret]", "X-Other": "p" },
    };
    await api.call("PATCH", `${path}/${id}`, { json: { config: changed, max_attempts: 3 } });
    const entry = (await list(`?object_id=${id}&action=target.update`)).data[0];
    expect(entry?.fields).toEqual(["config.url", "config.headers.X-Other", "max_attempts"]);
    expect(JSON.stringify(await list())).not.toContain("s3cret");
  });

  test("lists everybody's entries for an administrator", async () => {
    const token = "whk_root";
    const admin = await api.addUser("root", "admin");
    api.addKey(admin, token);
    const users = new Set((await list("?limit=500", { token })).data.map(({ user_id }) => user_id));
    expect(users.has(api.ada)).toBe(true);
    expect((await list(`?limit=500&user_id=${api.ada}`, { token })).data.length).toBeGreaterThan(2);
  });

  test("goes on where a page ended, to the first entry", async () => {
    const all = (await list("?limit=500")).data.map(({ number }) => number);
    const found: number[] = [];
    let cursor: string | null = null;
    do {
      const { data, next_cursor }: z.infer<typeof page> = await list(
        `?limit=3${cursor === null ? "" : `&cursor=${cursor}`}`,
      );
      found.push(...data.map(({ number }) => number));
      cursor = next_cursor;
    } while (cursor !== null);
    expect(found).toEqual(all);
    expect(all.at(-1)).toBeLessThan(5);
  });

  test("has no entry for an event that a program sends, but one for a refused one", async () => {
    const path = `/webhooks/${api.webhook.id}/events`;
    const { id: entrypoint_id } = await api.useCases.entrypoints.create({
      userId: api.ada,
      webhookId: api.webhook.id,
      input: {},
    });
    const before = (await list()).data[0]?.number;
    expect((await api.call("POST", path, { json: { entrypoint_id, body: "{}" } })).status).toBe(201);
    expect((await list()).data[0]?.number).toBe(before ?? 0);
    expect((await api.call("POST", path, { json: { colour: "red" } })).status).toBe(422);
    expect((await list()).data[0]).toMatchObject({ action: "event.create", outcome: "refused" });
  });

  test("refuses what it does not know", async () => {
    for (const query of ["?limit=501", "?cursor=x", "?via=mail", "?from=yesterday", "?colour=red"]) {
      expect([query, (await api.call("GET", `/audit${query}`)).status]).toEqual([query, 422]);
    }
  });
});

test("GET /audit/export gives the same entries, one JSON object a line", async () => {
  const { data } = await list("?limit=500&action=webhook");
  const { text, headers } = await api.call("GET", "/audit/export?action=webhook");
  expect(headers.get("content-type")).toBe("application/x-ndjson");
  expect(
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual(data);
});
