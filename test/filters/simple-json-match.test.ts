import { describe, expect, test } from "bun:test";
import match from "simple-json-match";
import { eventOf, judged } from "./judged.ts";
import { createRandom, type Json, RandomFilters } from "./random-filters.ts";

const PARTS = 20;
const PAIRS = 5_000;

/** Where a condition stands, at the top of a filter as the library sees it. */
const WRAPPERS: readonly ((condition: Json) => Json)[] = [
  (condition) => ({ body: condition }),
  (condition) => ({ $not: { body: condition } }),
  (condition) => ({ $and: [{ body: condition }, { method: "POST" }] }),
  (condition) => ({ $or: [{ method: "PUT" }, { body: condition }] }),
];

function wrapped(condition: Json, chance: number): Json {
  const wrap = WRAPPERS[Math.floor(chance * WRAPPERS.length)];
  if (wrap === undefined) throw new Error("no such wrapper");
  return wrap(condition);
}

function ours(filter: Json, value: Json): boolean {
  return judged(filter, eventOf({ json: value })) === "yes";
}

function theirs(filter: Json, value: Json): boolean {
  // Its types leave out nested values, which it takes all the same.
  return match({ method: "POST", body: value } as never, filter as never);
}

describe("Hookdeck's matcher and this one", () => {
  test("agree on what the library's readme and tests are about", () => {
    const pairs: readonly (readonly [value: Json, condition: Json])[] = [
      [{ type: "paid" }, { type: "paid" }],
      [{}, { type: "paid" }],
      [{ type: "sent" }, { type: "paid" }],
      [{ type: 2 }, { type: "paid" }],
      [
        { n: 2, type: "paid" },
        { n: 2, type: "paid" },
      ],
      [{ n: 2 }, { n: 2, type: "paid" }],
      [{ n: 0 }, { n: { $lt: 1 } }],
      [{ n: 2 }, { n: { $lt: 1 } }],
      [{ n: 2 }, { n: { $gt: 1, $lt: 3 } }],
      [{ n: 3 }, { n: { $gt: 1, $lt: 3 } }],
      [{ title: "a" }, { title: { $gt: "b" } }],
      [{ title: "c" }, { title: { $gt: "b" } }],
      [{ type: "paid" }, { type: { $neq: "paid" } }],
      [{ type: { of: "paid" } }, { type: { of: "paid" } }],
      [{ type: { of: "paid" } }, { type: { of: "sent" } }],
      [{ type: { of: "paid" } }, { type: 2 }],
      [{ tags: ["x", "y"] }, { tags: "x" }],
      [{ tags: ["x", "y"] }, { tags: "z" }],
      [{ items: [{ sku: "x" }] }, { items: { sku: "x" } }],
      [{ items: [{ sku: "x" }] }, { items: { sku: "y" } }],
      [{ items: [{ stock: 9 }, { stock: 11 }] }, { items: { stock: { $lte: 10 } } }],
      [{ items: [{ stock: 12 }, { stock: 11 }] }, { items: { stock: { $lte: 10 } } }],
      [{ tags: ["x", "y", "z"] }, { tags: ["x", "y"] }],
      [{ tags: ["x", "y", "z"] }, { tags: ["x", "w"] }],
      [{ tags: ["x", "y"] }, { tags: { $eq: ["x", "y"] } }],
      [{ tags: ["x", "y", "z"] }, { tags: { $eq: ["x", "y"] } }],
      [[2, 3], 3],
      [[2, 3], 4],
      [[2, 3], [{ $eq: 3 }]],
      [[2, 3], [{ $eq: 4 }]],
      [[2, 3], { $eq: 3 }],
      [{ is: true }, { is: true }],
      [{ is: true }, { is: false }],
      [{ is: null }, { is: null }],
      [{ is: null }, { is: false }],
      [{ is: null }, { is: { $eq: null } }],
      [{ is: null }, { is: { $neq: null } }],
      [10, { $gte: 5 }],
      [{ is: true }, true],
      [{ text: "some-text" }, { text: { $startsWith: "some" } }],
      [{ text: "some-text" }, { text: { $endsWith: "some" } }],
      [{ text: "some-text" }, { text: { $endsWith: ["x", "text"] } }],
      [{ text: "some-text" }, { text: { of: "text" } }],
      [{ text: { of: true } }, { text: { $startsWith: "text" } }],
      [
        { text: "some-text", id: 7 },
        { text: { $in: "text" }, id: { $in: [7, 8] } },
      ],
      [{ id: 7 }, { id: { $nin: [7, 8] } }],
      [{ text: "some-text" }, { text: { $nin: "some" } }],
      [{ tags: ["x", "y"] }, { tags: { $nin: ["x"] } }],
      [{ of: { is: "x" } }, { of: { $or: [{ is: true }, { is: { $in: "x" } }] } }],
      [{ of: { is: "x" } }, { of: { $or: [{ is: true }, { is: { $in: "no" } }] } }],
      [2, { $or: [2, 3] }],
      [2, { $or: [3, 4] }],
      [{ of: { is: "x" } }, { of: { $and: [{ is: { $neq: null } }, { is: { $in: "x" } }] } }],
      [{ of: { is: null } }, { of: { $and: [{ is: { $neq: null } }, { is: { $in: "x" } }] } }],
      [2, { $and: [2, 3] }],
      [{ is: "x" }, { is: { $exist: true } }],
      [{ is: "x" }, { is: { $exist: false } }],
      [{ other: "x" }, { is: { $exist: true } }],
      [{ other: "x" }, { is: { $exist: false } }],
      ["/path", "/path"],
      ["/path", "/path2"],
    ];
    for (const [value, condition] of pairs) {
      for (const wrap of WRAPPERS) {
        const filter = wrap(condition);
        expect([value, filter, ours(filter, value)]).toEqual([value, filter, theirs(filter, value)]);
      }
    }
  });

  // In parts, so that a slow machine has time for each; together 100,000 pairs.
  for (let seed = 1; seed <= PARTS; seed++) {
    test(`agree on ${PAIRS} random pairs, of the seed ${seed}`, () => {
      const random = createRandom(seed);
      const filters = new RandomFilters(random);
      const differences: string[] = [];
      let matches = 0;
      for (let pair = 0; pair < PAIRS; pair++) {
        const { value, condition } = pair % 2 === 0 ? filters.lists() : filters.operators();
        const filter = wrapped(condition, random());
        const known = theirs(filter, value);
        if (known) matches++;
        if (ours(filter, value) !== known)
          differences.push(`${JSON.stringify(filter)} on ${JSON.stringify(value)}`);
      }
      expect(differences.slice(0, 10)).toEqual([]);
      // Neither answer is a rare one.
      expect(matches).toBeWithin(PAIRS / 5, (PAIRS * 4) / 5);
    });
  }
});

describe("the classes of difference", () => {
  type Known = readonly (readonly [value: Json, condition: Json, ours: boolean])[];

  function expectDifferent(known: Known): void {
    for (const [value, condition, isOurs] of known) {
      const filter = { body: condition };
      const answers = { ours: ours(filter, value), theirs: theirs(filter, value) };
      expect([value, condition, answers]).toEqual([value, condition, { ours: isOurs, theirs: !isOurs }]);
    }
  }

  test("below the top the library never matches $not, and looks at nothing beside $or", () => {
    expectDifferent([
      [{ a: 2 }, { a: { $not: 3 } }, true],
      [2, { $and: [{ $gt: 1 }, { $lt: 3 }] }, true],
      [{ a: 2 }, { a: { $or: [2, 3], $gt: 5 } }, false],
      [{ a: null }, { a: { $or: [null, 3] } }, true],
      [{}, { a: { $or: [{ $exist: false }, 3] } }, true],
    ]);
  });

  test("the library compares lists and objects with operators as a whole, or not at all", () => {
    expectDifferent([
      [[3], { $gt: 1 }, true],
      [["abc"], { $startsWith: "a" }, true],
      [["a"], { $in: ["a", "b"] }, true],
      [["a"], { $nin: ["b"] }, true],
      [{}, { $nin: ["b"] }, true],
      [5, { $nin: "b" }, true],
      [{ a: 1 }, [], false],
    ]);
  });

  test("the library compares as JavaScript's == does", () => {
    expectDifferent([
      [0, "", false],
      [true, 1, false],
      [5, "05", false],
      ["", { $lte: 0 }, false],
      [{ a: 1 }, { $eq: '{"a":1}' }, false],
      [{ b: 1, a: 2 }, { $eq: { a: 2, b: 1 } }, true],
      ["5", { $in: [5] }, true],
      [null, { $in: [null] }, true],
    ]);
  });
});
