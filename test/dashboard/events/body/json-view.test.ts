/** JSON with folds, in a limited number of elements, and the path of a value that was clicked. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { layOutJson } from "../../../../src/bodies/json-layout.ts";
import { findJsonPlace, scalarText } from "../../../../src/bodies/json-places.ts";
import { JsonView } from "../../../../src/dashboard/events/body/json-view.tsx";

const ALL = { maxChars: 500_000, pieceChars: 0, isWhole: true };

async function draw(source: string, limits = ALL): Promise<string> {
  return String(await JsonView({ tokens: layOutJson(source, limits)?.tokens ?? [] }));
}

function shown(markup: string): string {
  return markup
    .replaceAll(/<[^>]+>/g, "")
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&#x27;", "'")
    .replaceAll("&amp;", "&")
    .trim();
}

const elements = (markup: string) => markup.match(/<[a-z]/g)?.length ?? 0;
const isBalanced = (markup: string) =>
  markup.match(/<details/g)?.length === markup.match(/<\/details>/g)?.length;

describe("a JSON view", () => {
  test("shows every line of the layout, whatever folds", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const source = JSON.stringify(value);
        const markup = await draw(source);
        expect(shown(markup)).toBe(JSON.stringify(value, null, 2).trim());
        expect(isBalanced(markup)).toBe(true);
      }),
    );
  });

  test("folds lists and objects that are not empty, with their name on the line that stays", async () => {
    const markup = await draw('{"a":{"b":[1]},"c":[],"d":{}}');
    expect(markup.match(/<summary>/g)).toHaveLength(3);
    expect(markup).toContain('<summary>  <span class="jk">&quot;a&quot;</span>: {\n</summary>');
  });

  test.each([
    ["wide", JSON.stringify(Array.from({ length: 50_000 }, (_, id) => ({ id })))],
    ["deep", "[".repeat(20_000)],
    ["deep and whole", `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`],
    ["cut off", '{"a":[{"b":"'],
  ])("that is %s has a limited number of elements, all of them closed", async (_what, source) => {
    const markup = await draw(source, { ...ALL, isWhole: false });
    expect(elements(markup)).toBeLessThan(2_010);
    expect(isBalanced(markup)).toBe(true);
  });

  test("escapes what a stranger wrote", async () => {
    expect(await draw('{"</summary><script>":"<img src=x>"}')).not.toMatch(/<script|<img/);
  });
});

/** The paths and sources of all names and scalars, in the order of the text. */
function* placesIn(value: unknown, steps: readonly string[] = []): Generator<[string[], string | null]> {
  const isOpen = typeof value === "object" && value !== null;
  if (!isOpen) {
    yield [[...steps], JSON.stringify(value)];
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    const isScalar = typeof inner !== "object" || inner === null;
    if (!Array.isArray(value)) yield [[...steps, name], isScalar ? JSON.stringify(inner) : null];
    yield* placesIn(inner, [...steps, name]);
  }
}

describe("the place of a value", () => {
  test("is the path to it, for its name and for itself", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const source = JSON.stringify(value);
        // Parsed again: the order of names that look like numbers is the parser's.
        const places = [...placesIn(JSON.parse(source))];
        for (const [number, [steps, written]] of places.entries()) {
          expect(findJsonPlace(source, number)).toEqual({ steps, source: written });
        }
        expect(findJsonPlace(source, places.length)).toBeNull();
      }),
    );
  });

  test("keeps numbers as they are written, and undoes a string's escapes", () => {
    const source = '[9007199254740993,"a\\u00e9\\n"]';
    const sources = [0, 1].map((number) => findJsonPlace(source, number)?.source ?? "");
    expect(sources.map(scalarText)).toEqual(["9007199254740993", "aé\n"]);
  });

  test("is found as far as a text is JSON", () => {
    expect(findJsonPlace('{"a":[1,{"b":', 2)).toEqual({ steps: ["a", "1", "b"], source: null });
    expect(findJsonPlace("no JSON", 0)).toBeNull();
  });
});
