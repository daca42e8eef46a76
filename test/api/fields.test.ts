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

async function find(query: string): Promise<string[]> {
  const { body } = await api.call("GET", `${webhook}/events?${query}`);
  return page
    .parse(body)
    .data.map(({ id }) => id)
    .sort();
}

describe("events of a webhook with fields", () => {
  test("are listed by a value, several values, and values with any characters", async () => {
    const [first = "", second = "", third = ""] = ids;
    for (const name of ["field[order_id]", "field%5Border_id%5D", "field.order_id"])
      expect(await find(`${name}=4711`)).toEqual([first, second].sort());
    expect(await find("field[order_id]=4711&field[shop]=south")).toEqual([second]);
    expect(await find("field[order_id]=a%26b")).toEqual([third]);
    expect(await find("field[order_id]=47")).toEqual([]);
  });

  test("are replayed by a value, and the replay shows it", async () => {
    const filter = { field: { shop: "south", order_id: "4711" } };
    const url = `${webhook}/replays`;
    const counted = await api.call("POST", url, { json: { filter, dry_run: true } });
    expect(counted.body).toMatchObject({ events: 1, deliveries: 1 });
    const begun = await api.call("POST", url, { json: { filter } });
    expect(begun.body).toMatchObject({ filter });
  });

  test.each([
    ["field[colour]=red", "field.colour", "is not one of the webhook's indexed fields"],
    ["field[__proto__]=red", "field", "must name a field"],
    ["field=red", "field", "must be an object"],
    ["field[]=red", "field[]", "is not a known field"],
    ["colour[order_id]=red", "colour", "is not a known field"],
  ])("are not looked for by %s", async (query, path, message) => {
    const answer = await api.call("GET", `${webhook}/events?${query}`);
    expect([answer.status, answer.body]).toMatchObject([422, { error: { details: [{ path, message }] } }]);
  });

  test("are not replayed by a field that there is not, or by none", async () => {
    for (const field of [
      { colour: "red" },
      {},
      { __proto__: null },
      JSON.parse('{"__proto__":"x"}'),
      { shop: 7 },
    ]) {
      const answer = await api.call("POST", `${webhook}/replays`, { json: { filter: { field } } });
      expect(answer.status).toBe(422);
    }
  });
});

test.each([
  ["no place", ["order_id"]],
  ["no name", ["=$.id"]],
  ["a name that objects have for themselves", ["__proto__=$.id"]],
  ["a place that is neither a header nor a path", ["order_id=$.a b"]],
  ["the same name twice", ["a=$.a", "a=$.b"]],
  ["six fields", ["a", "b", "c", "d", "e", "f"].map((name) => `${name}=$.${name}`)],
])("fields with %s are refused", async (_what, indexed_fields) => {
  const answer = await api.call("PATCH", webhook, { json: { indexed_fields } });
  expect(answer.status).toBe(422);
  expect(answer.text).toContain("indexed_fields");
});
