import { expect, test } from "bun:test";
import fc from "fast-check";
import { compareDecimals, isDecimal } from "../../src/filters/decimals.ts";

test("whole numbers of any length are in their order", () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.bigInt(), (one, other) => {
      const order = Math.sign(compareDecimals(String(one), String(other)));
      expect(order).toBe(one < other ? -1 : one > other ? 1 : 0);
    }),
  );
});

test("a number is equal to itself", () => {
  for (const text of ["0", "-1", "-12345678901234567890", "12345678901234567890"]) {
    expect(compareDecimals(text, text)).toBe(0);
  }
});

test("other numbers are compared as doubles", () => {
  expect(compareDecimals("1.50", "1.5")).toBe(0);
  expect(compareDecimals("1e2", "100")).toBe(0);
  expect(compareDecimals("-0.0", "0")).toBe(0);
  expect(compareDecimals("1e999", "2")).toBeGreaterThan(0);
  expect(compareDecimals("12345678901234567890.5", "1")).toBeGreaterThan(0);
});

test("a zero is a zero on both sides of it", () => {
  expect(compareDecimals("-0", "0")).toBe(0);
  expect(compareDecimals("-0", "12345678901234567890")).toBeLessThan(0);
  expect(compareDecimals("-12345678901234567890", "-0")).toBeLessThan(0);
});

test("a text is a number as JSON writes it", () => {
  for (const text of ["0", "-1", "10", "1.5", "1e5", "-2.5E-3"]) expect(isDecimal(text)).toBeTrue();
  for (const text of ["", " 1", "01", "+1", ".5", "1.", "0x1", "1_000", "Infinity", "NaN", "1\n"]) {
    expect(isDecimal(text)).toBeFalse();
  }
});
