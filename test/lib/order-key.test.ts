import { expect, test } from "bun:test";
import { createOrderKeyReader } from "../../src/lib/order-key.ts";

const keyOf = (body: string, orderBy: string) => createOrderKeyReader(Buffer.from(body))(orderBy);

test("the whole target is one lane, whatever the body is", () => {
  expect(["{}", "no JSON", ""].map((body) => keyOf(body, "*"))).toEqual(["*", "*", "*"]);
});

test("a path leads to the lane of its value, through objects and lists", () => {
  const body = JSON.stringify({ data: { object: { id: "cus_1" }, items: [{ n: 7 }], paid: false } });
  const keys = ["data.object.id", "data.items.0.n", "data.paid"].map((path) => keyOf(body, path));
  expect(keys).toEqual(['"cus_1"', "7", "false"]);
});

test("events without a value there have no lane", () => {
  const bodies = ["", "no JSON", "{}", "null", "[]", '{"a":null}', '{"a":{"b":1}}', '{"a":[1]}', "\xff"];
  expect(bodies.map((body) => keyOf(body, "a"))).toEqual(bodies.map(() => null));
  expect(["constructor", "__proto__", "a.length"].map((path) => keyOf('{"a":"x"}', path))).toEqual([
    null,
    null,
    null,
  ]);
});

test("texts and numbers are different lanes, and a text is never the whole target", () => {
  expect([keyOf('{"a":1}', "a"), keyOf('{"a":"1"}', "a"), keyOf('{"a":"*"}', "a")]).toEqual([
    "1",
    '"1"',
    '"*"',
  ]);
});

test("long values are told apart, and their keys are short", () => {
  const long = (end: string) => keyOf(JSON.stringify({ a: `${"x".repeat(10_000)}${end}` }), "a");
  expect(long("1")).toHaveLength(64);
  expect(long("1")).not.toBe(long("2"));
});
