import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { startTestApi, type TestApi } from "../support/test-api.ts";

let api: TestApi;
let webhook: string;
let ids: string[];

beforeAll(async () => {
  api = await startTestApi();
  webhook = `/webhooks/${api.webhook.id}`;
  const indexed_fields = ["order_id=$.order.id", "shop=X-Shop"];
  expect((await api.call("PATCH", webhook, { json: { indexed_fields } })).body).toMatchObject({
    indexed_fields,
  });
  ids = [];
  for (const [order, shop] of [
    [4711, "north"],
    [4711, "south"],
    ["a&b", "south"],
  ] as const) {
    const { id } = await api.addEvent({
      headers: [
        ["content-type", "application/json"],
        ["x-shop", shop],
      ],
      body: Buffer.from(JSON.stringify({ order: { id: order } })),
    });
    ids.push(id);
  }
});

afterAll(() => api.stop());

const page = z.object({ data: z.array(z.object({ id: z.string() })) });

async function find(fields: string): Promise<string[]> {
  const { body } = await api.call("GET", `${webhook}/events?${new URLSearchParams({ fields })}`);
  return page
    .parse(body)
    .data.map(({ id }) => id)
    .sort();
}

describe("events of a webhook with fields", () => {
  test("are listed by a value, several values, and values with any characters", async () => {
    const [first = "", second = "", third = ""] = ids;
    expect(await find("order_id=4711")).toEqual([first, second].sort());
    expect(await find("order_id=4711&shop=south")).toEqual([second]);
    expect(await find("order_id=a%26b")).toEqual([third]);
    expect(await find("order_id=47")).toEqual([]);
  });

  test("are replayed by a value, and the replay shows it", async () => {
    const filter = { fields: "shop=south&order_id=4711" };
    const url = `${webhook}/replays`;
    const counted = await api.call("POST", url, { json: { filter, dry_run: true } });
    expect(counted.body).toMatchObject({ events: 1, deliveries: 1 });
    const begun = await api.call("POST", url, { json: { filter } });
    expect(begun.body).toMatchObject({ filter });
  });

  test("are not looked for by a field that there is not", async () => {
    const answer = await api.call("GET", `${webhook}/events?fields=colour%3Dred`);
    expect([answer.status, answer.body]).toMatchObject([
      422,
      { error: { details: [{ path: "fields", message: "names a field that the webhook does not have" }] } },
    ]);
  });
});

test.each([
  ["no place", ["order_id"]],
  ["no name", ["=$.id"]],
  ["a place that is neither a header nor a path", ["order_id=$.a b"]],
  ["the same name twice", ["a=$.a", "a=$.b"]],
  ["six fields", ["a", "b", "c", "d", "e", "f"].map((name) => `${name}=$.${name}`)],
])("fields with %s are refused", async (_what, indexed_fields) => {
  const answer = await api.call("PATCH", webhook, { json: { indexed_fields } });
  expect(answer.status).toBe(422);
  expect(answer.text).toContain("indexed_fields");
});
