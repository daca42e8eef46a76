/**
 * Renders chapters as HTML: headings with ids, links between chapters as page addresses, no HTML from the text itself.
 */
import { type Chapter, type ChapterSlug, findChapter } from "./chapters.ts";

export const MANUAL_PATH = "/docs";

export type Heading = Readonly<{ id: string; title: string }>;

const OPTIONS = { headings: { ids: true }, noHtmlBlocks: true, noHtmlSpans: true } as const;
/** Level of the headings in tables of contents. */
const SECTION_LEVEL = 2;

/** Returns the address of a chapter's page, or of one of its headings. */
export function chapterPath(slug: ChapterSlug, heading?: string): string {
  return `${MANUAL_PATH}/${slug}${heading === undefined ? "" : `#${heading}`}`;
}

/** Returns HTML that is safe to embed: the renderer escapes all text, quotes included. */
export function chapterHtml({ text }: Chapter): string {
  return Bun.markdown
    .html(text, OPTIONS)
    .replaceAll(/href="([a-z-]+)\.md(#[a-z0-9-]+)?"/g, (link, slug: string, anchor: string | undefined) => {
      const chapter = findChapter(slug);
      return chapter === null ? link : `href="${chapterPath(chapter.slug)}${anchor ?? ""}"`;
    })
    .replaceAll("<table>", '<div class="manual-table" tabindex="0" role="group" aria-label="Table"><table>')
    .replaceAll("</table>", "</table></div>")
    .replaceAll("<pre>", '<pre tabindex="0">')
    .replaceAll("<th>", '<th scope="col">');
}

/** Returns the chapter's sections, in order. */
export function headingsOf({ text }: Chapter): readonly Heading[] {
  const headings: Heading[] = [];
  const heading = (title: string, { level, id }: Bun.markdown.HeadingMeta) => {
    if (level === SECTION_LEVEL && id !== undefined) headings.push({ id, title });
    return "";
  };
  Bun.markdown.render(text, { heading }, OPTIONS);
  return headings;
}
