import { describe, expect, test } from "bun:test";
import { parseFilter } from "../../src/filters/parse-filter.ts";

/** The first fault, as its place and its words. */
function faultOf(document: unknown): string | null {
  const parsed = parseFilter(document);
  if ("condition" in parsed) return null;
  const [fault] = parsed.faults;
  return fault === undefined ? null : `${fault.path.join(".")}: ${fault.message}`;
}

/** `levels` objects within each other, around one condition. */
function nested(levels: number): unknown {
  let filter: unknown = 1;
  for (let level = 2; level <= levels; level++) filter = { a: filter };
  return { body: filter };
}

test("faults name their place and what to do", () => {
  for (const [document, fault] of [
    [[], ": must be an object with any of type, method, path, query, headers, body"],
    [null, ": must be an object with any of type, method, path, query, headers, body"],
    [{ boddy: 1 }, "boddy: is not a part of an event; a filter has type, method, path, query, headers, body"],
    [{ body: { a: { $exists: true } } }, "body.a.$exists: is not an operator; use $exist"],
    [{ body: { a: { $ne: 1 } } }, "body.a.$ne: is not an operator; use $neq"],
    [{ body: { $ref: "a" } }, "body.$ref: is not supported: a filter compares with fixed values"],
    [{ body: { a: { $gt: [1] } } }, "body.a.$gt: must be a number or a text"],
    [
      { body: { a: { $in: 5 } } },
      "body.a.$in: must be a list of values, or a text to be found within the value",
    ],
    [{ body: { a: { $in: [{}] } } }, "body.a.$in.0: must be a text, a number, true, false or null"],
    [{ body: { a: { $startsWith: ["x", 1] } } }, "body.a.$startsWith.1: must be a text"],
    [{ body: { a: { $exist: "yes" } } }, "body.a.$exist: must be true or false"],
    [{ body: { $or: [] } }, "body.$or: must contain at least one condition"],
    [{ $and: { type: "a" } }, "$and: must be a list of conditions"],
    [{ $gt: 5 }, "$gt: cannot stand here, where names, $and, $or and $not can"],
    [{ headers: ["x"] }, "headers: must be an object with names of headers"],
    [
      { body: { a: { $gt: 1, b: 2 } } },
      "body.a: mixes operators with fields; put each into an object of its own within $and",
    ],
    [
      { body: { id: 2 ** 64 } },
      "body.id: is a number too long to be exact; write its digits as a text, which equals it",
    ],
  ] as const) {
    expect(faultOf(document)).toBe(fault);
  }
  expect(faultOf({ body: { a: { $like: 1 } } })).toStartWith(
    "body.a.$like: is not an operator; there are $eq",
  );
});

test("several faults are told at once, and of many the first twenty", () => {
  const parsed = parseFilter({ a: 1, b: 2, body: { c: { $d: 1 } } });
  expect("faults" in parsed && parsed.faults.map(({ path }) => path.join("."))).toEqual([
    "a",
    "b",
    "body.c.$d",
  ]);
  const many = parseFilter(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`x${index}`, 1])));
  expect("faults" in many && many.faults.length).toBe(20);
});

describe("limits", () => {
  test("32 levels are taken, and no more", () => {
    expect(faultOf(nested(32))).toBeNull();
    expect(faultOf(nested(33))).toEndWith("is nested too deeply: a filter has at most 32 levels");
  });

  test("1,000 conditions are taken, and no more, however they are written", () => {
    const values = (length: number) => Array.from({ length }, (_, index) => index);
    const make: readonly ((length: number) => unknown)[] = [
      (length) => ({ body: { $or: values(length) } }),
      (length) => ({ body: Object.fromEntries(values(length).map((each) => [`n${each}`, each])) }),
      (length) => ({ body: { $or: values(length).map(() => ({})) } }),
      (length) => ({ $or: values(length).map(() => ({})) }),
      (length) => ({ body: { a: { $in: values(length - 1) } } }),
      (length) => ({ body: { a: { $eq: values(length - 1) } } }),
      (length) => ({ body: values(length - 1) }),
      (length) => ({ body: { $or: values(length).map(() => ({ $exist: true })) } }),
    ];
    for (const filter of make) {
      expect(faultOf(filter(1_000))).toBeNull();
      expect(faultOf(filter(1_001))).toEndWith("is one condition too many: a filter has at most 1000");
    }
  });

  test("a filter of any depth or size is refused without trouble", () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = level % 2 === 0 ? [deep] : { $not: deep };
    expect(faultOf({ body: deep })).toContain("is nested too deeply");
    expect(faultOf({ body: { $eq: deep } })).toContain("is nested too deeply");
    const wide = Array.from({ length: 200_000 }, (_, index) => index);
    expect(faultOf({ body: { $or: wide.map(() => ({ $eq: wide })) } })).toContain("one condition too many");
  });
});
