import { expect, test } from "bun:test";
import { bodyValuesOf } from "../../src/bodies/body-values.ts";
import { orderKeyOf } from "../../src/bodies/order-key.ts";

const keyOf = (body: string | Uint8Array, orderBy: string) =>
  orderKeyOf(
    bodyValuesOf(Buffer.from(body), () => ({ contentType: "application/json", contentEncoding: "" })),
    orderBy,
  );

test("the whole target is one lane for any body", () => {
  expect(["{}", "no JSON", ""].map((body) => keyOf(body, "*"))).toEqual(["*", "*", "*"]);
});

test("a path gives the lane of its value, through objects and lists", () => {
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

test("long values differ, and their keys are short", () => {
  const long = (end: string) => keyOf(JSON.stringify({ a: `${"x".repeat(10_000)}${end}` }), "a");
  expect(long("1")).toHaveLength(64);
  expect(long("1")).not.toBe(long("2"));
});

test("numbers differ by their written form, also beyond double precision", () => {
  const keys = ["1610521604143693812", "1610521604143693813", "1e400", "2e400", "1", "1.0"].map((number) =>
    keyOf(`{"a":${number}}`, "a"),
  );
  expect(keys).toEqual(["1610521604143693812", "1610521604143693813", "1e400", "2e400", "1", "1.0"]);
});

test("the lanes of ordinary values equal JSON.stringify's output, as in earlier versions", () => {
  for (const value of [0, -1, 7, 1.5, 1e21, 123456789012, "", "é", 'a"b', "\\", "\u0001", true, false]) {
    expect(keyOf(JSON.stringify({ a: value }), "a")).toBe(JSON.stringify(value));
  }
});

test("invalid text has no lane, so that none share one by chance", () => {
  const latin1 = (name: string) => keyOf(Buffer.from(`{"a":"${name}"}`, "latin1"), "a");
  expect([latin1("Jos\u00e9"), latin1("Jos\u00e8"), latin1("Jose")]).toEqual([null, null, '"Jose"']);
});
