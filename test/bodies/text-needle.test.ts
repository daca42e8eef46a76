/** Searches for text in bytes: correct for any text, and never slower than linear. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { TextNeedle } from "../../src/bodies/text-needle.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const lower = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
/** Few letters, so that repetitions are common. */
const text = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom("a", "A", "b", "é", "É", "@", "`", "[", "{"), minLength, maxLength });

test("a text is found at any position, ASCII letters in either case and others exactly", () => {
  fc.assert(
    fc.property(text(1, 12), text(0, 60), (needle, hay) => {
      expect(new TextNeedle(needle).isIn(bytesOf(hay))).toBe(lower(hay).includes(lower(needle)));
    }),
    { numRuns: 3_000 },
  );
});

test("only matches between the bounds are found", () => {
  fc.assert(
    fc.property(text(1, 4), text(0, 30), fc.nat(40), fc.nat(40), (needle, hay, from, length) => {
      const bytes = bytesOf(hay);
      const to = Math.min(bytes.length, from + length);
      const found = new TextNeedle(needle).isIn(bytes, from, to);
      expect(found).toBe(new TextNeedle(needle).isIn(bytes.slice(from, Math.max(from, to))));
    }),
  );
});

test("repeated comparisons are counted, and no search takes more than a few per byte", () => {
  for (const [needle, letter] of [
    [`b${"a".repeat(199)}`, "a"],
    [`${"a".repeat(199)}b`, "a"],
    [`${"a".repeat(100)}b${"a".repeat(99)}`, "a"],
  ] as const) {
    const hay = bytesOf(letter.repeat(20_000));
    let reads = 0;
    const counted = new Proxy(hay, {
      get(target, name) {
        reads++;
        return Reflect.get(target, name);
      },
    });
    expect(new TextNeedle(needle).isIn(counted, 0, hay.length)).toBe(false);
    expect(reads).toBeLessThan(hay.length * 8);
    expect(new TextNeedle(needle).isIn(bytesOf(letter.repeat(5_000) + needle))).toBe(true);
  }
});

test("a needle is neither empty nor unlimited", () => {
  expect(() => new TextNeedle("")).toThrow(RangeError);
  expect(() => new TextNeedle("a".repeat(70_000))).toThrow(RangeError);
});
