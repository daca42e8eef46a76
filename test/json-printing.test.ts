/**
 * Checks that only the program's own JSON is printed with indentation: indenting untrusted JSON takes memory quadratic
 * in its depth.
 */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SRC = join(import.meta.dir, "../src");

/** Files that print JSON created by the program, or, in forms, a target's filter, which has at most 32 levels. */
const OWN_JSON = [
  "cli/client/login-file.ts",
  "cli/observability/commands.ts",
  "dashboard/components/form-fields.tsx",
  "dashboard/send/sample.ts",
  "dashboard/webhooks/entrypoints/test-event.ts",
  "storage/backup/manifest.ts",
];

/** Returns the arguments of each JSON.stringify call, split at the commas of the call's own level. */
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

test("only the program's own JSON is indented", () => {
  const printers = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .filter((name) => argumentCounts(readFileSync(join(SRC, name), "utf8")).some((count) => count > 1));
  expect(printers.sort()).toEqual(OWN_JSON);
});

test("an indenting call is found in each of its forms", () => {
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
