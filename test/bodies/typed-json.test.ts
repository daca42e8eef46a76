import { expect, test } from "bun:test";
import fc from "fast-check";
import { readTypedJson } from "../../src/bodies/typed-json.ts";

function faultOf(text: string): string | null {
  const read = readTypedJson(text);
  return "fault" in read ? read.fault : null;
}

test("JSON is read", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 2), (value, space) => {
      expect(readTypedJson(JSON.stringify(value, null, space))).toEqual({
        document: JSON.parse(JSON.stringify(value)),
      });
    }),
  );
});

test("what JSON.parse refuses has a fault", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]:,"ax1-.e0 \\\n', "true", "null") }), (text) => {
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      // Names that come twice are refused beyond what JSON.parse does.
      fc.pre(!isJson || !text.includes('"'));
      expect(faultOf(text) === null).toBe(isJson);
    }),
    { numRuns: 5_000, seed: 14 },
  );
});

test("a fault is told by its line and column", () => {
  expect(faultOf('{\n  "body": {\n    "a": 1,\n  }\n}')).toBe(
    "is not valid JSON: line 4, column 3: expected a name in quotation marks",
  );
  expect(faultOf('{"a": 1 "b": 2}')).toBe("is not valid JSON: line 1, column 9: expected a comma or }");
  expect(faultOf('{"a" 1}')).toBe("is not valid JSON: line 1, column 6: expected a colon");
  expect(faultOf("[1, 2")).toBe("is not valid JSON: line 1, column 6: expected a comma or ]");
  expect(faultOf("{} x")).toBe("is not valid JSON: line 1, column 4: expected nothing more");
  expect(faultOf('{"a": yes}')).toBe("is not valid JSON: line 1, column 7: expected a value");
  expect(faultOf("")).toBe("is not valid JSON: line 1, column 1: expected a value");
});

test("a name that comes twice is a fault, as one of the two would be lost", () => {
  expect(faultOf('{"a": {"b": 1, "b": 2}}')).toBe('is not valid JSON: line 1, column 16: "b" is there twice');
  expect(faultOf('[{"a": 1}, {"a": 2}]')).toBeNull();
});

test("no nesting is too deep to be told", () => {
  expect(faultOf("[".repeat(1_000_000))).toContain("it is nested too deeply");
});
