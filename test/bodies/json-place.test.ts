import { expect, test } from "bun:test";
import { placeInJson } from "../../src/bodies/json-place.ts";

const TEXT = `{ "body": { "a.b": [1, { "x": "}]," }, "last"], "a": -1.5e3 },
  "esc\\u0061ped": true }`;

function found(path: string): string {
  return TEXT.slice(placeInJson(TEXT, path)).slice(0, 6);
}

test("the place of a path is the name of its member, or the start of its item", () => {
  expect(found("")).toBe('{ "bod');
  expect(found("body")).toBe('"body"');
  expect(found("body.a.b")).toBe('"a.b":');
  expect(found("body.a.b.0")).toBe('1, { "');
  expect(found("body.a.b.1.x")).toBe('"x": "');
  expect(found("body.a.b.2")).toBe('"last"');
  expect(found("body.a")).toBe('"a": -');
  expect(found("escaped")).toBe('"esc\\u');
});

test("a path that leads nowhere ends at the innermost part that exists", () => {
  expect(found("body.a.b.9.x")).toBe('"a.b":');
  expect(found("nothing.there")).toBe('{ "bod');
  expect(placeInJson("[]", "0")).toBe(0);
});
