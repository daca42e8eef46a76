/** Holds that no JSON is printed with indentation but the program's own: of a stranger's, that takes memory by the square of its depth. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SRC = join(import.meta.dir, "../src");

/** What these print was made here. */
const OWN_JSON = [
  "cli/observability/commands.ts",
  "dashboard/webhooks/entrypoints/test-event.ts",
  "storage/backup/manifest.ts",
];

/** The arguments of each call of JSON.stringify in the text, as far as commas on the call's own level tell them apart. */
function argumentCounts(text: string): number[] {
  return [...text.matchAll(/JSON\s*\.\s*stringify\s*\(/g)].map(({ index, 0: call }) => {
    let [depth, commas] = [1, 0];
    for (let at = index + call.length; at < text.length && depth > 0; at++) {
      const char = text[at] ?? "";
      if ("([{".includes(char)) depth++;
      else if (")]}".includes(char)) depth--;
      else if (char === "," && depth === 1 && !/^,\s*\)/.test(text.slice(at, at + 100))) commas++;
    }
    return commas + 1;
  });
}

test("JSON is indented only where it is the program's own", () => {
  const printers = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .filter((name) => argumentCounts(readFileSync(join(SRC, name), "utf8")).some((count) => count > 1));
  expect(printers.sort()).toEqual(OWN_JSON);
});

test("a call that indents is found in each of its forms", () => {
  const indented = [
    "JSON.stringify(value, null, 2)",
    "JSON.stringify(JSON.parse(text), null, 2)",
    "JSON.stringify(\n  { a: [1, 2] },\n  null,\n  2,\n)",
    "JSON . stringify(f(a, b), undefined, INDENT)",
  ];
  for (const text of indented) expect(argumentCounts(text)).toEqual([3]);
  const plain = [
    "JSON.stringify(value)",
    "JSON.stringify({ a, b: [c, d] })",
    "JSON.stringify(\n  f(a, b),\n)",
  ];
  for (const text of plain) expect(argumentCounts(text)).toEqual([1]);
});
