import { describe, expect, test } from "bun:test";
import { FilterSubject, MAX_WORK, TargetFilter } from "../../src/filters/target-filter.ts";
import { eventOf, holds, holdsFor, judged } from "./judged.ts";

describe("a bare value", () => {
  test("equals, or is contained in a list", () => {
    expect(holds("a", "a")).toBeTrue();
    expect(holds("a", "b")).toBeFalse();
    expect(holds("gift", ["card", "gift"])).toBeTrue();
    expect(holds("gift", ["card", ["gift"]])).toBeTrue();
    expect(holds("gift", ["cards"])).toBeFalse();
    expect(holds(null, null)).toBeTrue();
    expect(holds(true, true)).toBeTrue();
  });

  test("of numbers equals their text, and nothing else is converted", () => {
    expect(holds(5, "5")).toBeTrue();
    expect(holds("5", 5)).toBeTrue();
    expect(holdsFor(5, "5.0")).toBeTrue();
    expect(holds(5, "05")).toBeFalse();
    expect(holds(0, "")).toBeFalse();
    expect(holds(1, true)).toBeFalse();
    expect(holds("true", true)).toBeFalse();
    expect(holds("null", null)).toBeFalse();
  });

  test("of whole numbers is exact, however long they are", () => {
    expect(holdsFor("9007199254740993", "9007199254740993")).toBeTrue();
    expect(holdsFor("9007199254740993", "9007199254740992")).toBeFalse();
    expect(holdsFor({ $gt: "9007199254740992" }, "9007199254740993")).toBeTrue();
    expect(holdsFor({ $gt: "9007199254740993" }, "9007199254740993")).toBeFalse();
    expect(holdsFor({ $lt: "-9007199254740992" }, "-9007199254740993")).toBeTrue();
    expect(holdsFor({ $lt: 0 }, "-123456789012345678901234567890")).toBeTrue();
  });
});

describe("objects and lists", () => {
  test("an object holds where all its members do, in one item of a list too", () => {
    expect(holds({ a: 1, b: { c: 2 } }, { a: 1, b: { c: 2, d: 3 } })).toBeTrue();
    expect(holds({ a: 1, b: 2 }, { a: 1 })).toBeFalse();
    expect(holds({ a: 1, b: 2 }, [{ a: 1 }, { a: 1, b: 2 }])).toBeTrue();
    expect(holds({ a: 1, b: 2 }, [{ a: 1 }, { b: 2 }])).toBeFalse();
    expect(holds({ a: 1 }, "a")).toBeFalse();
    expect(holds({}, {})).toBeTrue();
    expect(holds({}, 1)).toBeFalse();
  });

  test("a list holds where the value is a list with an item for each", () => {
    expect(holds(["a", "b"], ["b", "c", "a"])).toBeTrue();
    expect(holds(["a", "b"], ["a", "c"])).toBeFalse();
    expect(holds([{ a: 1 }, { $gt: 5 }], [{ a: 1 }, 6])).toBeTrue();
    expect(holds(["a"], "a")).toBeFalse();
  });

  test("operators of one object look at the same item of a list", () => {
    expect(holds({ $gt: 1, $lt: 3 }, [0, 5])).toBeFalse();
    expect(holds({ $gt: 1, $lt: 3 }, [0, 2, 5])).toBeTrue();
  });
});

describe("operators", () => {
  test("$eq and $neq compare whole values, whatever the order of members", () => {
    expect(holds({ $eq: { a: [1, { b: null }], c: "x" } }, { c: "x", a: [1, { b: null }] })).toBeTrue();
    expect(holds({ $eq: { a: 1 } }, { a: 1, b: 2 })).toBeFalse();
    expect(holds({ $eq: [1, 2] }, [2, 1])).toBeFalse();
    expect(holds({ $eq: [1, 2] }, [1, 2, 3])).toBeFalse();
    expect(holds({ $eq: 3 }, [3])).toBeFalse();
    expect(holds({ $neq: 3 }, [3])).toBeTrue();
    expect(holds({ $neq: 3 }, 3)).toBeFalse();
  });

  test("comparisons go by numbers, by texts, and by the numbers that texts are", () => {
    expect(holds({ $gte: 100 }, 100)).toBeTrue();
    expect(holds({ $gt: 100 }, 100)).toBeFalse();
    expect(holds({ $lte: 99.5 }, "99.5")).toBeTrue();
    expect(holds({ $gt: "b" }, "c")).toBeTrue();
    expect(holds({ $lt: "10" }, "9")).toBeFalse();
    expect(holds({ $lt: 10 }, "9")).toBeTrue();
    for (const value of ["", "abc", null, true, {}, "0x10", " 5"]) {
      expect(holds({ $gte: 0 }, value) || holds({ $lt: 0 }, value)).toBeFalse();
    }
  });

  test("$in looks for the value in a list, or for a text in the value; $nin says the opposite of what is there", () => {
    expect(holds({ $in: ["paid", "sent"] }, "sent")).toBeTrue();
    expect(holds({ $in: [1, null, true] }, null)).toBeTrue();
    expect(holds({ $in: ["paid"] }, ["open", "paid"])).toBeTrue();
    expect(holds({ $in: "dis" }, "a discount")).toBeTrue();
    expect(holds({ $nin: ["paid"] }, "open")).toBeTrue();
    expect(holds({ $nin: ["paid"] }, ["open", "paid"])).toBeFalse();
    expect(holds({ $nin: "dis" }, "a discount")).toBeFalse();
    expect(holds({ $nin: ["paid"] }, {})).toBeTrue();
  });

  test("$startsWith and $endsWith take one text or several", () => {
    expect(holds({ $startsWith: "cus_" }, "cus_1")).toBeTrue();
    expect(holds({ $startsWith: ["sub_", "cus_"] }, "cus_1")).toBeTrue();
    expect(holds({ $endsWith: ["@example.com"] }, "a@example.com")).toBeTrue();
    expect(holds({ $endsWith: "1" }, 1)).toBeFalse();
  });

  test("what is missing meets $exist false and $not alone", () => {
    const without = (condition: unknown) => judged({ body: { it: condition } }, eventOf({ json: {} }));
    expect(without({ $exist: false })).toBe("yes");
    expect(without({ $not: { $eq: 1 } })).toBe("yes");
    for (const condition of [{ $exist: true }, { $neq: 1 }, { $nin: [1] }, { $lt: 1 }, null, {}, []]) {
      expect(without(condition)).toBe("no");
    }
    expect(holds({ $exist: true }, null)).toBeTrue();
  });

  test("$and, $or and $not stand anywhere, beside fields too", () => {
    expect(holds({ $or: [1, { $gt: 5 }] }, 6)).toBeTrue();
    expect(holds({ $and: [{ $gt: 5 }, { $neq: 6 }] }, 6)).toBeFalse();
    expect(holds({ a: 1, $not: { b: 2 } }, { a: 1, b: 3 })).toBeTrue();
    expect(holds({ a: 1, $or: [{ b: 2 }, { b: 3 }] }, { a: 1, b: 4 })).toBeFalse();
    expect(judged({ $or: [{ method: "PUT" }, { type: "a" }] }, eventOf({ type: "a" }))).toBe("yes");
    expect(judged({ method: "POST", $not: { type: "a" } }, eventOf({ type: "a" }))).toBe("no");
  });
});

describe("the parts of an event", () => {
  test("are its type, method, path, query, headers and body", () => {
    const event = eventOf({
      type: "order.paid",
      method: "PUT",
      pathTail: "/eu/7",
      query: "tag=a&tag=b&n=5&e=%C3%A9",
      headers: [["x-shop", "Berlin"]],
      json: { amount: 12 },
    });
    for (const [filter, verdict] of [
      [{ type: "order.paid" }, "yes"],
      [{ type: { $startsWith: "order." } }, "yes"],
      [{ method: "POST" }, "no"],
      [{ path: { $startsWith: "/eu/" } }, "yes"],
      [{ query: { tag: ["a", "b"], n: { $gte: 5 }, e: "é" } }, "yes"],
      [{ query: { tag: "c" } }, "no"],
      [{ headers: { "X-Shop": "Berlin" } }, "yes"],
      [{ headers: { "x-other": { $exist: false } } }, "yes"],
      [{ body: { amount: { $lt: 13 } } }, "yes"],
      [{}, "yes"],
    ] as const) {
      expect([filter, judged(filter, event)]).toEqual([filter, verdict]);
    }
    expect(judged({ path: "/" }, eventOf({}))).toBe("yes");
    expect(judged({ type: { $exist: false } }, eventOf({}))).toBe("yes");
  });

  test("a form is read by its fields, and by the JSON in its field payload", () => {
    const form = (text: string) => eventOf({ contentType: "application/x-www-form-urlencoded", text });
    expect(judged({ body: { amount: { $gt: 5 } } }, form("amount=12"))).toBe("yes");
    expect(judged({ body: { amount: { $gt: 5 } } }, form("amount=2"))).toBe("no");
    expect(judged({ body: { tag: ["a", "b"] } }, form("tag=a&tag=b"))).toBe("yes");
    const payload = encodeURIComponent(JSON.stringify({ action: "opened", n: [1, 2] }));
    expect(judged({ body: { action: "opened", n: 2 } }, form(`payload=${payload}`))).toBe("yes");
    expect(judged({ body: { action: "closed" } }, form(`payload=${payload}`))).toBe("no");
    expect(judged({ body: { a: "%ff" } }, form("a=%ff"))).toBe("unknown");
  });

  test("only own names are found, in bodies and in filters", () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const filter = JSON.parse(`{"body":{"${name}":{"$exist":true}}}`);
      expect(judged(filter, eventOf({ text: "{}" }))).toBe("no");
      expect(judged(filter, eventOf({ text: `{"${name}":1}` }))).toBe("yes");
      const equal = JSON.parse(`{"body":{"$eq":{"${name}":1}}}`);
      expect(judged(equal, eventOf({ text: "{}" }))).toBe("no");
      expect(judged(equal, eventOf({ text: `{"${name}":1}` }))).toBe("yes");
    }
    const inQuery = JSON.parse('{"query":{"__proto__":"1"},"headers":{"constructor":{"$exist":false}}}');
    expect(judged(inQuery, eventOf({ query: "__proto__=1" }))).toBe("yes");
  });

  test("of a name that an object has twice the last value counts, as for most receivers", () => {
    expect(judged({ body: { a: 2 } }, eventOf({ text: '{"a":1,"a":2}' }))).toBe("yes");
    expect(judged({ body: { $eq: { a: 2 } } }, eventOf({ text: '{"a":1,"a":2}' }))).toBe("yes");
  });
});

describe("what cannot be read", () => {
  const unreadable = [
    eventOf({ text: "" }),
    eventOf({ text: "no JSON" }),
    eventOf({ text: `"${"x".repeat(1024 * 1024)}"` }),
    eventOf({ text: "[".repeat(200) + "]".repeat(200) }),
    eventOf({ body: new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d]) }),
  ];

  test("is neither met nor missed by a condition on it, nor by the opposite", () => {
    for (const event of unreadable) {
      for (const body of [{ a: 1 }, { a: { $exist: false } }, { $not: { a: 1 } }, { $neq: 1 }]) {
        expect(judged({ body }, event)).toBe("unknown");
        expect(judged({ $not: { body } }, event)).toBe("unknown");
      }
    }
  });

  test("does not matter where the rest decides", () => {
    for (const event of unreadable) {
      expect(judged({ method: "PUT", body: { a: 1 } }, event)).toBe("no");
      expect(judged({ $or: [{ body: { a: 1 } }, { method: "POST" }] }, event)).toBe("yes");
      expect(judged({ method: "POST" }, event)).toBe("yes");
    }
  });

  test("a body with too much in it is given up, whatever it is made of", () => {
    const bodies = [
      `{"it":[${"1,".repeat(400_000)}1]}`,
      `{"it":{${'"a":1,'.repeat(150_000)}"b":1}}`,
      `{"it":[${'{"a":1},'.repeat(120_000)}2]}`,
      `{"it":"${"x".repeat(1_000_000)}"}`,
    ];
    const many = (make: (index: number) => unknown) => Array.from({ length: 900 }, (_, index) => make(index));
    const filters = [
      { $or: many((index) => index + 10) },
      { $or: many((index) => ({ [`n${index}`]: 1 })) },
      { $in: many((index) => `n${index}`) },
      { $or: many((index) => ({ $in: `n${index}` })) },
      { $or: many((index) => ({ $startsWith: `n${index}` })) },
    ];
    const subjects = bodies.map((text) => new FilterSubject(eventOf({ text })));
    for (const it of filters) {
      const filter = new TargetFilter({ eventTypes: [], filter: { body: { it } } });
      for (const subject of subjects) {
        filter.judge(subject);
        expect(MAX_WORK - subject.work.left).toBeLessThan(MAX_WORK + 200_000);
      }
    }
    expect(judged({ body: { it: filters[0] } }, eventOf({ text: bodies[0] ?? "" }))).toBe("unknown");
  });
});

describe("event types", () => {
  test("come before the filter, and both have to want the event", () => {
    const event = eventOf({ type: "order.paid", json: { n: 1 } });
    expect(judged(null, event, ["order.*"])).toBe("yes");
    expect(judged(null, event, ["refund.*"])).toBe("no");
    expect(judged({ body: { n: 2 } }, event, ["order.*"])).toBe("no");
    expect(judged({ body: { n: 1 } }, event, ["refund.*", "order.paid"])).toBe("yes");
  });

  test("an event without a type cannot be judged by them", () => {
    expect(judged(null, eventOf({ type: null }), ["order.*"])).toBe("unknown");
    expect(judged({ method: "PUT" }, eventOf({ type: null }), ["order.*"])).toBe("no");
  });
});
