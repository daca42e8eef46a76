import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { diffLines } from "../../src/lib/line-diff.ts";

/** "a", "-b" and "+c" for the rows. */
function inShort(before: string, after: string): string {
  return diffLines([...before], [...after])
    .map((row) => (row.isSame ? row.before : row.before !== null ? `-${row.before}` : `+${row.after}`))
    .join(" ");
}

describe("a comparison of lines", () => {
  test("shows what went and what came, and keeps the rest side by side", () => {
    expect(inShort("abc", "abc")).toBe("a b c");
    expect(inShort("abc", "axc")).toBe("a -b +x c");
    expect(inShort("abcd", "bde")).toBe("-a b -c d +e");
    expect(inShort("", "ab")).toBe("+a +b");
    expect(inShort("ab", "")).toBe("-a -b");
  });

  test("has both texts whole, in their order, and as many equal lines as there can be", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 8 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const rows = diffLines(before, after);
        expect(rows.flatMap((row) => row.before ?? [])).toEqual(before);
        expect(rows.flatMap((row) => row.after ?? [])).toEqual(after);
        expect(rows.filter(({ isSame }) => isSame)).toHaveLength(longestCommon(before, after));
      }),
    );
  });

  test("does not take long for long texts that have nothing in common", () => {
    const long = (word: string) => Array.from({ length: 20_000 }, (_, line) => `${word} ${line}`);
    expect(diffLines(long("a"), long("b"))).toHaveLength(40_000);
  });
});

function longestCommon([a, ...before]: readonly string[], after: readonly string[]): number {
  if (a === undefined || after.length === 0) return 0;
  const at = after.indexOf(a);
  const without = longestCommon(before, after);
  return at === -1 ? without : Math.max(without, 1 + longestCommon(before, after.slice(at + 1)));
}
