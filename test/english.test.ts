/** Checks the English of sources, tests and the manual where a rule can be checked. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";

const ROOT = join(import.meta.dir, "..");
const CODE = linesOf("src/**/*.{ts,tsx,js,css}", "test/**/*.ts", ".ci/*.ts");
const PROSE = linesOf("*.md", "src/**/*.md", ".github/**/*.md");
/** Sentences that begin with these leave their subject to be guessed. */
const RIDDLE = "(?:Of|What|Whose) [a-z0-9$]";

const IN_COMMENT = new RegExp(String.raw`(?:/\*\*?|^\s*\*|//) ${RIDDLE}`);
const IN_LATER_SENTENCE = new RegExp(String.raw`[a-z\x60)"]\. ${RIDDLE}`);
const IN_TEXT = new RegExp(String.raw`(?:["\x60]|<p>|lead="|help=")${RIDDLE}`);
/** Tables and headings may name a thing so. */
const IN_PROSE = new RegExp(String.raw`^(?:- |\d+\. )?${RIDDLE}|[a-z\x60)]\. ${RIDDLE}`);

type Line = Readonly<{ place: string; line: string }>;

function linesOf(...patterns: readonly string[]): readonly Line[] {
  const paths = patterns.flatMap((pattern) =>
    [...new Glob(pattern).scanSync({ cwd: ROOT, dot: true })].sort(),
  );
  return paths.flatMap((path) =>
    readFileSync(join(ROOT, path), "utf8")
      .split("\n")
      .map((line, index) => ({ place: `${path}:${index + 1}: ${line.trim()}`, line })),
  );
}

function placesOf(lines: readonly Line[], ...patterns: readonly RegExp[]): readonly string[] {
  return lines.filter(({ line }) => patterns.some((pattern) => pattern.test(line))).map(({ place }) => place);
}

test("no sentence of a comment or a text begins with Of, What or Whose", () => {
  expect(CODE.length).toBeGreaterThan(10_000);
  expect(placesOf(CODE, IN_COMMENT, IN_LATER_SENTENCE, IN_TEXT)).toEqual([]);
});

test("no sentence of the manual begins with Of, What or Whose", () => {
  expect(PROSE.length).toBeGreaterThan(1_000);
  expect(placesOf(PROSE, IN_PROSE)).toEqual([]);
});

test("the rule finds such sentences, and leaves questions and nouns alone", () => {
  const isFound = (line: string) => [IN_COMMENT, IN_LATER_SENTENCE, IN_TEXT].some((each) => each.test(line));
  const [of, what] = ["Of", "What"];
  expect(isFound(`/** ${of} the target's settings. */`)).toBe(true);
  expect(isFound(`  // ${what} is not the provider's is refused.`)).toBe(true);
  expect(isFound(` * The file is read once. ${what} comes later waits.`)).toBe(true);
  expect(isFound(`describe("${what} the key may do.")`)).toBe(true);
  expect(IN_PROSE.test(`- ${what} is held can be released.`)).toBe(true);
  expect(IN_PROSE.test(`${what} | By`) || IN_PROSE.test(`# ${what} each fault costs`)).toBe(false);
  expect(isFound("/** Says what the target does with an event. */")).toBe(false);
});
