import { expect, test } from "bun:test";
import fc from "fast-check";
import { findLeadingText, rankNames } from "../../src/bodies/leading-text.ts";

const NAMES = ["type", "event", "action"];
const LONGEST = 40;
const names = rankNames(NAMES);
const encoder = new TextEncoder();

const find = (json: string) => findLeadingText(encoder.encode(json), { names, longest: LONGEST });

/** Finds by JSON.parse what the same rule finds. */
function expected(json: string): string | null {
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return null;
  const texts = NAMES.map((name) => Object.entries(parsed).find(([own]) => own === name)?.[1]);
  return texts.find((text) => typeof text === "string" && text !== "" && text.length <= LONGEST) ?? null;
}

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc
    .array(fc.constantFrom("\\", '"', "a", "\n", "}", "]", "é"), { maxLength: 60 })
    .map((all) => all.join("")),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, 0, -1.5e9, ""),
    text,
    fc.array(tie("any"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), text), tie("any"), { maxKeys: 5 }),
  ),
})).any;

test("the text is the one that JSON.parse finds, whatever stands before, beside and within", () => {
  fc.assert(
    fc.property(value, fc.constantFrom(0, 2, "\t"), (any, indent) => {
      const json = JSON.stringify(any, null, indent);
      expect([json, find(json)]).toEqual([json, expected(json)]);
    }),
    { numRuns: 2_000 },
  );
});

test("nothing is found in JSON that breaks off before the text can be told", () => {
  fc.assert(
    fc.property(text, fc.nat(), (any, place) => {
      const json = JSON.stringify({ a: [any, { b: any }], action: "opened", c: any });
      expect(find(json)).toBe("opened");
      expect(find(json.slice(0, place % json.length))).toBeNull();
    }),
  );
  // The first name counts as soon as it is there.
  expect(find('{"type":"t","cut')).toBe("t");
  for (const broken of [
    "",
    "{",
    "{}",
    "[]",
    '"type"',
    '{"type"}',
    '{"type":"t',
    '{"a" "type":"t"}',
    '{"a":[}',
  ])
    expect([broken, find(broken)]).toEqual([broken, null]);
});

test("a text of the wrong length, or with half a character, counts as none", () => {
  const long = "\\u0041".repeat(LONGEST);
  expect(find(`{"type":"${long}"}`)).toBe("A".repeat(LONGEST));
  expect(find(`{"type":"${long}A","event":"e"}`)).toBe("e");
  expect(find('{"type":"\\ud83d","event":"e"}')).toBe("e");
});

test("of a body with very many names, the first 10,000 are looked at", () => {
  const after = (members: number) => `{${'"a":1,'.repeat(members)}"type":"t"}`;
  expect([find(after(9_999)), find(after(10_000))]).toEqual(["t", null]);
});
