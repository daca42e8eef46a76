import { expect, test } from "bun:test";
import { deliveryPolicySchema, mergePolicy, readPolicy } from "../../src/targets/delivery-policy.ts";
import { wantsOf } from "../../src/targets/filter-policy.ts";

/** Place and words of each fault. */
function faultsOf(sent: Readonly<Record<string, unknown>>): readonly string[] {
  const result = deliveryPolicySchema.safeParse(mergePolicy(sent));
  return (result.error?.issues ?? []).map(({ path, message }) => `${path.join(".")} ${message}`);
}

test("without settings a target wants everything, also one from before there were filters", () => {
  const { event_types: _types, filter: _filter, ...before } = readPolicy();
  expect(wantsOf(readPolicy(before))).toEqual({ eventTypes: [], filter: null });
});

test("a filter is kept as it was sent, names that JavaScript takes for others too", () => {
  const filter = JSON.parse('{"body":{"__proto__":{"$exist":true},"constructor":1}}');
  const policy = readPolicy(mergePolicy({ filter }));
  expect(JSON.stringify(policy.filter)).toBe(JSON.stringify(filter));
  expect(JSON.stringify(readPolicy(JSON.parse(JSON.stringify(policy))).filter)).toBe(JSON.stringify(filter));
});

test("a change of something else leaves both as they are, and null takes a filter away", () => {
  const stored = mergePolicy({ filter: { method: "PUT" }, event_types: ["a.*"] });
  expect(mergePolicy({ max_attempts: 3 }, stored)).toMatchObject({
    filter: { method: "PUT" },
    event_types: ["a.*"],
  });
  expect(mergePolicy({ filter: null }, stored)).toMatchObject({ filter: null, event_types: ["a.*"] });
});

test("every fault of a filter is told with its place", () => {
  expect(faultsOf({ filter: { body: { a: { $gte: true } }, bodi: 1 } })).toEqual([
    "filter.body.a.$gte must be a number or a text",
    "filter.bodi is not a part of an event; a filter has type, method, path, query, headers, body",
  ]);
  expect(faultsOf({ filter: [] })).toEqual([
    "filter must be an object with any of type, method, path, query, headers, body",
  ]);
  expect(faultsOf({ filter: { body: "x".repeat(70_000) } })).toEqual([
    "filter must have at most 65536 characters of JSON",
  ]);
});

test("text that is no JSON is told by line and column", () => {
  expect(faultsOf({ filter: '{\n  "body": }' })).toEqual([
    "filter is not valid JSON: line 2, column 11: expected a value",
  ]);
  expect(faultsOf({ filter: '{"body":1}' })).toEqual(["filter must be an object, not a text"]);
});

test("event types are texts, none of them empty", () => {
  expect(faultsOf({ event_types: ["order.*", "refund.created"] })).toEqual([]);
  expect(faultsOf({ event_types: [""] })).toHaveLength(1);
  expect(faultsOf({ event_types: Array.from({ length: 101 }, () => "a") })).toHaveLength(1);
  expect(faultsOf({ event_types: "order.*" })).toHaveLength(1);
});
