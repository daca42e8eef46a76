import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { layOutJson } from "../../src/bodies/json-layout.ts";

const ROOM = 1_000_000;

function drawn(source: string, options: { maxChars?: number; isWhole?: boolean } = {}): string | null {
  const { maxChars = ROOM, isWhole = true } = options;
  const layout = layOutJson(source, { maxChars, pieceChars: 0, isWhole });
  return layout?.tokens.map(({ text }) => text).join("") ?? null;
}

/** The result of JSON.parse, which decides what JSON is. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("formatting JSON", () => {
  test("equals a pretty printer's output for any value and whitespace", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(4), (value, spaces) => {
        const printed = JSON.stringify(value, null, 2);
        // JSON.stringify writes -0 as 0, so JSON.parse(printed) has 0 too.
        expect(drawn(JSON.stringify(value, null, spaces))).toBe(printed);
      }),
    );
  });

  test("accepts exactly what JSON.parse does", () => {
    const pieces = fc.constantFrom(
      ...[
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "\n",
        '"a"',
        '"',
        "\\",
        "1",
        "-",
        "0",
        ".",
        "e",
        "+",
        "true",
        "nul",
      ],
      ...['"\\u00e9"', '"\\u00g"', '"\t"', '"\\x"', "null", "01", "1.5e3", "\u00a0", "'"],
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 9 }), (some) => {
        const text = some.join("");
        expect([text, drawn(text) !== null]).toEqual([text, isJson(text)]);
      }),
      { numRuns: 5_000 },
    );
  });

  test("accepts a damaged document only if JSON.parse does", () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 4 }),
        fc.nat(),
        fc.string({ maxLength: 2 }),
        (value, place, text) => {
          const whole = JSON.stringify(value);
          const at = place % (whole.length + 1);
          const mutilated = whole.slice(0, at) + text + whole.slice(at + 1);
          expect([mutilated, drawn(mutilated) !== null]).toEqual([mutilated, isJson(mutilated)]);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("formats any beginning of a document like the beginning of the whole", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.nat(), (value, place) => {
        const whole = JSON.stringify(value);
        const shown = drawn(whole.slice(0, place % (whole.length + 1)), { isWhole: false });
        // Only the value's first token may be missing entirely.
        if (shown !== null) expect(JSON.stringify(value, null, 2)).toStartWith(shown.trimEnd());
      }),
    );
  });

  test("keeps numbers, escapes and repeated keys exactly", () => {
    const source = '{"id":1610521604143693812,"id":-0.10E+1,"s":"\\u00e9\\/"}';
    expect(drawn(source)?.replaceAll(/\n */g, "").replaceAll(": ", ":")).toBe(source);
  });

  test("stays within its limit at any depth", () => {
    for (const depth of [100, 10_000, 1_000_000]) {
      for (const source of ["[".repeat(depth) + "]".repeat(depth), '{"a":'.repeat(depth)]) {
        const layout = layOutJson(source, { maxChars: 3_000, pieceChars: 0, isWhole: true });
        expect(layout?.isCut).toBe(true);
        expect(layout?.tokens.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(3_000);
      }
    }
  });
});
