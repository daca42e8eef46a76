import { describe, expect, test } from "bun:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import {
  judgeJson,
  MAX_EFFORT,
  TooMuchEffort,
} from "../../../src/webhooks/catalogue/json-schema/judge-json.ts";
import { type Schema, schemaFaults } from "../../../src/webhooks/catalogue/json-schema/known-keywords.ts";

const ajv = new Ajv2020({ strict: false, ownProperties: true, multipleOfPrecision: 9 });

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  1,
  -1.5,
  0.3,
  1e20,
  "",
  "a",
  "ab",
  "𝒳𝒳",
  [],
  [1],
  [1, 2],
  ["a", 1, null],
  [[1], []],
  {},
  { a: 1 },
  { a: "x", b: 2 },
  { a: { a: { a: 1 } } },
  JSON.parse('{"__proto__": 1}'),
  { constructor: 1 },
];

const SCHEMAS: readonly Schema[] = [
  true,
  false,
  {},
  { type: "integer" },
  { type: ["string", "null"] },
  { type: "object" },
  { enum: [1, "a", [1], { a: 1 }] },
  { const: { b: 2, a: "x" } },
  { const: null },
  { minimum: 0, maximum: 1 },
  { exclusiveMinimum: 0, exclusiveMaximum: 1 },
  { multipleOf: 0.1 },
  { minLength: 1, maxLength: 2 },
  { items: { type: "number" } },
  { prefixItems: [{ type: "string" }], items: { type: "integer" } },
  { prefixItems: [{ type: "string" }], items: false },
  { minItems: 1, maxItems: 1 },
  { properties: { a: { type: "integer" } }, required: ["a"], additionalProperties: false },
  { properties: { a: { type: "integer" } }, additionalProperties: { type: "number" } },
  { propertyNames: { maxLength: 1 } },
  { required: ["__proto__"] },
  { properties: { constructor: { type: "string" } } },
  { minProperties: 1, maxProperties: 1 },
  { allOf: [{ type: "number" }, { minimum: 1 }] },
  { anyOf: [{ type: "string" }, { type: "array" }] },
  { oneOf: [{ type: "number" }, { minimum: 1 }] },
  { not: { type: "object" } },
  JSON.parse(`{"if": {"type": "string"}, "then": {"minLength": 1}, "else": {"type": "number"}}`),
  {
    $ref: "#/$defs/tree",
    $defs: { tree: { properties: { a: { $ref: "#/$defs/tree" } }, not: { const: 1 } } },
  },
  { properties: { a: { $ref: "#" } }, not: { const: 1 } },
];

describe("a value", () => {
  test.each(SCHEMAS.map((schema) => [JSON.stringify(schema), schema] as const))(
    "is judged by %s as Ajv judges it",
    (_text, schema) => {
      expect(schemaFaults(schema)).toEqual([]);
      const own = VALUES.map((value) => judgeJson(schema, value, { left: MAX_EFFORT }) === null);
      const validate = ajv.compile(schema);
      expect(own).toEqual(VALUES.map((value) => validate(value)));
    },
  );

  test("is told where it does not fit", () => {
    const schema = {
      properties: { items: { items: { properties: { price: { type: "number" } }, required: ["price"] } } },
    };
    const judge = (value: unknown) => judgeJson(schema, value, { left: MAX_EFFORT });
    expect(judge({ items: [{ price: 1 }, {}] })).toMatchObject({
      path: "items.1.price",
      message: "is missing",
    });
    expect(judge({ items: [{ price: "1" }] })).toMatchObject({
      path: "items.0.price",
      message: "must be a number",
    });
  });
});

describe("effort is bounded", () => {
  const doubled = Object.fromEntries(
    Array.from({ length: 60 }, (_, n) => [`d${n}`, { allOf: Array(2).fill({ $ref: `#/$defs/d${n + 1}` }) }]),
  );
  test.each<[string, Schema, unknown]>([
    ["a schema that doubles", { $ref: "#/$defs/d0", $defs: { ...doubled, d60: {} } }, 1],
    ["a schema that is itself", { $ref: "#" }, 1],
    ["a circle of schemas", { $ref: "#/$defs/a", $defs: { a: { not: { $ref: "#/$defs/a" } } } }, 1],
    [
      "many items by many schemas",
      { items: { allOf: Array(500).fill({ type: "number" }) } },
      Array(10_000).fill(1),
    ],
    [
      "a long enum of long lists",
      { enum: Array(500).fill(Array(1_000).fill(1)) },
      [...Array(999).fill(1), 2],
    ],
  ])("of %s", (_name, schema, value) => {
    expect(() => judgeJson(schema, value, { left: MAX_EFFORT })).toThrow(TooMuchEffort);
  });
});

describe("a schema is refused", () => {
  test.each<[unknown, string]>([
    ["text", ""],
    [{ type: "text" }, "type"],
    [{ pattern: "(a+)+$" }, "pattern"],
    [{ patternProperties: { a: {} } }, "patternProperties"],
    [{ uniqueItems: true }, "uniqueItems"],
    [{ $ref: "https://example.com/schema.json" }, "$ref"],
    [{ $ref: "#/$defs/none" }, "$ref"],
    [{ $ref: "#/$defs/toString", $defs: {} }, "$ref"],
    [{ properties: { a: { items: { minimum: "1" } } } }, "properties.a.items.minimum"],
    [{ anyOf: [] }, "anyOf"],
    [{ multipleOf: 0 }, "multipleOf"],
    [{ minItems: -1 }, "minItems"],
    [{ required: "a" }, "required"],
  ])("%j at %s", (schema, path) => {
    expect(schemaFaults(schema).map((fault) => fault.path)).toEqual([path]);
  });

  test("if it is deep or large", () => {
    let deep: object = {};
    for (let level = 0; level < 40; level++) deep = { items: deep };
    expect(schemaFaults(deep)).toHaveLength(1);
    const large = { anyOf: Array.from({ length: 3_000 }, () => ({})) };
    expect(schemaFaults(large)).toEqual([{ path: "anyOf.1999", message: "has more than 2000 parts" }]);
  });
});
