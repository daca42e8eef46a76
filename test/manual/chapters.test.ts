import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { configVariables } from "../../src/config.ts";
import { findChapter, manualChapters } from "../../src/manual/chapters.ts";
import { headingsIn, linksIn, prose, tableRows } from "../support/manual.ts";

const ROOT = join(import.meta.dir, "../..");
const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const anchorsOf = new Map<string, ReadonlySet<string>>(
  manualChapters.map(({ slug, text }) => [slug, new Set(headingsIn(text).map(({ id }) => id))]),
);

/** Returns the destination of a link in the manual or the README that does not exist; null for a valid one. */
function faultOf(link: string, from: string | null): string | null {
  if (/^https:\/\/[a-z0-9.-]+\//.test(`${link}/`)) return null;
  const inside = from === null ? /^src\/manual\/([a-z-]+)\.md(?:#(.+))?$/ : /^([a-z-]+)\.md(?:#(.+))?$/;
  const [, chapter = from ?? "", anchor] =
    inside.exec(link) ?? /^()#(.+)$/.exec(link)?.with(1, from ?? "") ?? [];
  const anchors = anchorsOf.get(chapter);
  if (!inside.test(link) && !link.startsWith("#")) return `${link}: neither a chapter nor https`;
  if (anchors === undefined) return `${link}: no such chapter`;
  return anchor === undefined || anchors.has(anchor) ? null : `${link}: no such heading`;
}

describe("the manual", () => {
  test("has every file of its folder as a chapter, under the file's name", () => {
    const files = readdirSync(join(ROOT, "src/manual")).filter((name) => name.endsWith(".md"));
    expect(manualChapters.map(({ slug }) => `${slug}.md`).sort()).toEqual(files.sort());
    expect(findChapter("signing")?.title).toBe("Signed deliveries");
    expect(findChapter("no-such")).toBeNull();
  });

  test("has one title per chapter, in its first line, and a one-line summary", () => {
    for (const { text, title, summary } of manualChapters) {
      expect(text).toStartWith(`# ${title}\n`);
      expect(headingsIn(text).filter(({ level }) => level === 1)).toHaveLength(1);
      expect([title.length > 3, summary.length > 10, summary.length < 76]).toEqual([true, true, true]);
      expect(summary).not.toMatch(/[.\n]$/);
    }
  });

  test("has no broken link, to a chapter or to a heading", () => {
    const links = manualChapters.flatMap(({ slug, text }) =>
      linksIn(text).map((link) => ({ slug, link, fault: faultOf(link, slug) })),
    );
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter(({ fault }) => fault !== null)).toEqual([]);
  });

  test("detects broken links of every kind", () => {
    const wrong = [
      "nowhere.md",
      "signing.md#nowhere",
      "#nowhere",
      "../../README.md",
      "http://x.example/",
      "/docs",
    ];
    expect(wrong.filter((link) => faultOf(link, "signing") === null)).toEqual([]);
    const right = [
      "signing.md",
      "signing.md#the-secret",
      "#the-secret",
      "https://bun.com",
      "https://bun.com/a#b",
    ];
    expect(right.filter((link) => faultOf(link, "signing") !== null)).toEqual([]);
  });

  test("has headings whose anchors are the same on GitHub and in the dashboard", () => {
    const odd = manualChapters.flatMap(({ slug, text }) =>
      headingsIn(text)
        .filter(
          ({ id, title }) =>
            id !==
            title
              .toLowerCase()
              .replaceAll(/[^\p{L}\d _-]/gu, "")
              .replaceAll(" ", "-"),
        )
        .map(({ title }) => `${slug}: ${title}`),
    );
    expect(odd).toEqual([]);
    // The id of the list of chapters.
    expect([...anchorsOf].filter(([, anchors]) => anchors.has("chapters"))).toEqual([]);
  });

  test("contains no HTML, and nothing that one renderer interprets and another shows as text", () => {
    const odd = manualChapters.flatMap(({ slug, text }) =>
      [...prose(text).matchAll(/<[a-z/!?][^>]*>?|\$|\[\[|__|~~|&[a-z#]/gi)].map(
        ([found]) => `${slug}: ${found}`,
      ),
    );
    expect(odd).toEqual([]);
  });

  test("names buttons and pages as the dashboard does", () => {
    const folder = join(ROOT, "src/dashboard");
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("\n");
    const labels = manualChapters.flatMap(({ slug, text }) =>
      [...text.matchAll(/(?<!\*)\*([A-Z][^*\n]{2,40})\*(?!\*)/g)].map(([, label = ""]) => ({ slug, label })),
    );
    expect(labels.length).toBeGreaterThan(8);
    expect(labels.filter(({ label }) => !sources.includes(label))).toEqual([]);
  });

  test("has no sentence whose subject begins with Of, What or Whose", () => {
    const odd = manualChapters.flatMap(({ slug, text }) => {
      const sentences = text.replaceAll(/^\|.*\n(?=\|---)/gm, "");
      return [...sentences.matchAll(/(?:^|[.:!?] |\| |- )(?:Of|What|Whose|Whatever|Whoever) .*/gm)].map(
        ([found]) => `${slug}: ${found}`,
      );
    });
    expect(odd).toEqual([]);
  });

  test("lists every variable of the configuration with its meaning and default", () => {
    const rows = configVariables.map(({ name, meaning, default: byDefault, secret }) => [
      `\`${name}\`${secret ? `, \`${name}_FILE\`` : ""}`,
      meaning,
      byDefault,
    ]);
    expect(tableRows(findChapter("configuration")?.text ?? "", "Variables")).toEqual(rows);
  });
});

test("the README's links into the manual lead to existing chapters and headings", () => {
  const links = linksIn(readme).filter((link) => link.startsWith("src/manual/"));
  expect(links.flatMap((link) => faultOf(link, null) ?? [])).toEqual([]);
});
