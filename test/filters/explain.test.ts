import { expect, test } from "bun:test";
import { eventOf, reasonOf } from "./judged.ts";

const order = eventOf({
  type: "order.paid",
  query: "n=1",
  json: {
    amount: 12,
    status: "open",
    tags: ["new", "web"],
    items: [
      { sku: "a", qty: 1 },
      { sku: "b", qty: 2 },
    ],
    none: [],
    "odd name": true,
    long: "x".repeat(200),
  },
});

test("the first reason is told with the value that was found", () => {
  for (const [filter, reason] of [
    [{ body: { amount: { $gte: 100 } } }, "body.amount is 12, not ≥ 100"],
    [{ body: { amount: { $gt: 1, $lt: 5 } } }, "body.amount is 12, not < 5"],
    [{ body: { amount: 13, status: "x" } }, "body.amount is 12, not 13"],
    [{ method: "PUT" }, 'method is "POST", not "PUT"'],
    [{ type: { $startsWith: "refund." } }, 'type is "order.paid", not a text that starts with "refund."'],
    [{ type: { $endsWith: ["a", "b"] } }, 'type is "order.paid", not a text that ends with one of "a", "b"'],
    [{ body: { status: { $in: ["paid", "sent"] } } }, 'body.status is "open", not one of "paid", "sent"'],
    [{ body: { status: { $in: "x" } } }, 'body.status is "open", not a text with "x"'],
    [{ body: { status: { $nin: ["open"] } } }, 'body.status is "open", which $nin excludes'],
    [{ body: { status: { $neq: "open" } } }, 'body.status is "open", which $neq excludes'],
    [{ body: { status: { $eq: { a: 1 } } } }, 'body.status is "open", not the object given'],
    [{ body: { gone: 1 } }, "body.gone is missing"],
    [{ body: { gone: { $exist: true } } }, "body.gone is missing"],
    [{ body: { amount: { $exist: false } } }, "body.amount exists"],
    [{ body: { amount: { of: 1 } } }, "body.amount is 12, not an object"],
    [{ body: { amount: [12] } }, "body.amount is 12, not a list"],
    [{ body: { tags: "vip" } }, 'no item of body.tags is "vip"'],
    [{ body: { tags: ["web", "vip"] } }, 'no item of body.tags is "vip"'],
    [{ body: { tags: { $nin: ["web"] } } }, "an item of body.tags is excluded by $nin"],
    [{ body: { tags: { $startsWith: "v" } } }, 'no item of body.tags is a text that starts with "v"'],
    [{ body: { none: { a: 1 } } }, "body.none is an empty list"],
    [
      { body: { items: { sku: "a", qty: 2 } } },
      "no item of body.items matches; of the first, body.items.0.qty is 1, not 2",
    ],
    [{ body: { "odd name": false } }, 'body["odd name"] is true, not false'],
    [{ body: { long: "y" } }, `body.long is "${"x".repeat(80)}…", not "y"`],
    [{ $not: { type: "order.paid" } }, "the event meets what $not excludes"],
    [{ body: { amount: { $not: 12 } } }, "body.amount meets what $not excludes"],
    [
      { $or: [{ method: "PUT" }, { type: "x" }] },
      'none of 2 alternatives holds; of the first, method is "POST", not "PUT"',
    ],
    [{ query: { n: "2" } }, 'query.n is "1", not "2"'],
    [{ headers: { "X-Shop": "a" } }, "headers.x-shop is missing"],
    [
      { body: { amount: { $in: [1, 2, 3, 4, 5, 6, 7] } } },
      "body.amount is 12, not one of 1, 2, 3, 4, 5 and 2 more",
    ],
  ] as const) {
    expect([filter, reasonOf(filter, order)]).toEqual([filter, reason]);
  }
});

test("of what holds there is no reason", () => {
  expect(reasonOf({ body: { amount: 12 } }, order)).toBeNull();
});

test("event types are told before the filter", () => {
  expect(reasonOf({ method: "PUT" }, order, ["refund.*"])).toBe('type is "order.paid", not refund.*');
  expect(reasonOf(null, order, ["refund.*", "x"])).toBe('type is "order.paid", not one of refund.*, x');
});

test("where it cannot be judged, it is told why", () => {
  const body = { a: 1 };
  expect(reasonOf({ body }, eventOf({ text: "no" }))).toBe("The body is not valid JSON.");
  expect(reasonOf({ body }, eventOf({ text: "" }))).toBe("The body is empty.");
  expect(reasonOf({ body }, eventOf({ text: " ".repeat(1024 * 1024 + 1) }))).toBe(
    "The body is larger than 1 MiB.",
  );
  expect(reasonOf(null, eventOf({}), ["a"])).toBe("The event has no type.");
  const form = eventOf({ contentType: "application/x-www-form-urlencoded", text: "a=%ff" });
  expect(reasonOf({ body }, form)).toBe("A field of the form is not valid text.");
  const wide = eventOf({ text: `{"it":[${"1,".repeat(199_000)}1]}` });
  expect(reasonOf({ body: { it: 2 } }, wide)).toBe("The body has too much in it for this filter.");
});
