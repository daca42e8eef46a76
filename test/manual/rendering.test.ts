import { describe, expect, test } from "bun:test";
import { type Chapter, findChapter, manualChapters } from "../../src/manual/chapters.ts";
import { chapterHtml, headingsOf } from "../../src/manual/html.ts";
import { chapterForTerminal } from "../../src/manual/terminal.ts";
import { headingsIn } from "../support/manual.ts";

const ESCAPE = "\u001b";

function chapter(text: string): Chapter {
  return { slug: "signing", title: "T", summary: "", text };
}

describe("a chapter as HTML", () => {
  test("has headings with ids, and a list of those of its sections", () => {
    const one = chapter("# T\n\n## The first part\n\n### Inner\n\n## `second`, part\n");
    expect(chapterHtml(one)).toContain('<h2 id="the-first-part">The first part</h2>');
    expect(chapterHtml(one)).toContain('<h3 id="inner">');
    expect(headingsOf(one)).toEqual([
      { id: "the-first-part", title: "The first part" },
      { id: "second-part", title: "second, part" },
    ]);
  });

  test("links to other chapters by the URLs of their pages", () => {
    const html = chapterHtml(
      chapter("[a](traces.md) [b](traces.md#spans) [c](#here) [d](https://x.example/y.md)"),
    );
    const links = [...html.matchAll(/href="([^"]+)"/g)].map(([, href]) => href);
    expect(links).toEqual(["/docs/traces", "/docs/traces#spans", "#here", "https://x.example/y.md"]);
  });

  test("shows HTML in the text as text", () => {
    const hostile = "<img src=x onerror=alert(1)>";
    const html = chapterHtml(
      chapter(
        `# T ${hostile}\n\n${hostile}\n\nin ${hostile} line\n\n- ${hostile}\n\n| ${hostile} |\n|---|\n| ${hostile} |\n\n\`${hostile}\`\n`,
      ),
    );
    expect(html).not.toContain("<img");
    expect(html.match(/&lt;img/g)).toHaveLength(7);
  });

  test("shows href in code without a link", () => {
    expect(chapterHtml(chapter('`href="traces.md"`'))).not.toContain("/docs/");
  });
});

describe("a chapter in a terminal", () => {
  test("begins with its title, and has no escape sequence if colours are disabled, in any chapter", () => {
    for (const each of manualChapters) {
      const plain = chapterForTerminal(each, { colours: false, columns: 80 });
      expect(plain).toStartWith(`${each.title}\n===`);
      expect([each.slug, plain.includes(ESCAPE)]).toEqual([each.slug, false]);
      const coloured = chapterForTerminal(each, { colours: true, columns: 80 });
      expect([each.slug, coloured.includes(ESCAPE)]).toEqual([each.slug, true]);
      for (const { title } of headingsIn(each.text)) expect(plain).toContain(title);
    }
  });

  test("stays within the given width, except for code", () => {
    const text = `${"words ".repeat(100)}\n\n| A | B |\n|---|---|\n| ${"long ".repeat(40)} | ${"text ".repeat(40)} |\n`;
    for (const columns of [40, 80, 120]) {
      const lines = chapterForTerminal(chapter(text), { colours: false, columns }).split("\n");
      expect(lines.filter((line) => Bun.stringWidth(line) > columns)).toEqual([]);
    }
  });

  test("shows the command instead of a link to another chapter, and only the text of a link within the chapter", () => {
    const printed = chapterForTerminal(
      chapter("See [Traces](traces.md#spans), [above](#t), [Bun](https://bun.com)."),
      {
        colours: false,
        columns: 100,
      },
    );
    expect(printed).toBe("See Traces (webhooker manual traces), above, Bun (https://bun.com).");
  });
});

test("a chapter is found by its exact name only", () => {
  expect(findChapter("traces")?.title).toBe("Traces");
  for (const slug of ["", "Traces", "traces.md", "../traces", "__proto__", "constructor"]) {
    expect(findChapter(slug)).toBeNull();
  }
});
