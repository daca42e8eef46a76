import { expect, test } from "bun:test";
import { isWantedType } from "../../src/filters/event-types.ts";

const covers = (pattern: string, type: string) => isWantedType([pattern], type);

test("an asterisk stands for any characters", () => {
  expect(covers("order.*", "order.created")).toBeTrue();
  expect(covers("order.*", "order.item.added")).toBeTrue();
  expect(covers("order.*", "order")).toBeFalse();
  expect(covers("order.*", "reorder.created")).toBeFalse();
  expect(covers("*", "anything")).toBeTrue();
  expect(covers("*.created", "order.created")).toBeTrue();
  expect(covers("a*b*c", "a1b2c")).toBeTrue();
  expect(covers("a*b*c", "a1c2b")).toBeFalse();
  expect(covers("**", "")).toBeTrue();
});

test("a pattern without one is the type itself, in its case", () => {
  expect(covers("order.created", "order.created")).toBeTrue();
  expect(covers("order.created", "order.created2")).toBeFalse();
  expect(covers("Order.created", "order.created")).toBeFalse();
});

test("no character is taken by two parts of a pattern", () => {
  expect(covers("ab*ba", "aba")).toBeFalse();
  expect(covers("ab*ba", "abba")).toBeTrue();
  expect(covers("a*aa*a", "aaa")).toBeFalse();
  expect(covers("a*aa*a", "aaaa")).toBeTrue();
});

test("the characters of regular expressions are characters", () => {
  expect(covers("a.c", "abc")).toBeFalse();
  expect(covers("(a+)+*", "(a+)+b")).toBeTrue();
});
