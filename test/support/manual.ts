/** Reads Markdown for tests of the manual: headings, links, tables, and the text without its code. */

export type MarkdownHeading = Readonly<{ level: number; id: string; title: string }>;

export function headingsIn(text: string): readonly MarkdownHeading[] {
  const headings: MarkdownHeading[] = [];
  const heading = (title: string, { level, id = "" }: Bun.markdown.HeadingMeta) => {
    headings.push({ level, id, title });
    return "";
  };
  Bun.markdown.render(text, { heading }, { headings: { ids: true } });
  return headings;
}

export function linksIn(text: string): readonly string[] {
  const links: string[] = [];
  const link = (words: string, { href }: Bun.markdown.LinkMeta) => {
    links.push(href);
    return words;
  };
  Bun.markdown.render(text, { link });
  return links;
}

/** The text without code blocks and code spans. */
export function prose(text: string): string {
  return text.replaceAll(/^```.*?^```$/gms, "").replaceAll(/`[^`\n]+`/g, "");
}

/** The part of a text from a heading to the next one of the same level or above. */
export function sectionOf(text: string, title: string): string {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, "") === title);
  if (start === -1) throw new Error(`there is no heading ${title}`);
  const level = (lines[start] ?? "").indexOf(" ");
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^#+ /.test(line) && line.indexOf(" ") <= level);
  return (end === -1 ? rest : rest.slice(0, end)).join("\n");
}

/** The cells of the first table under a heading, row by row, without its header row. */
export function tableRows(text: string, title: string): readonly (readonly string[])[] {
  const lines = sectionOf(text, title).split("\n");
  const first = lines.findIndex((line) => line.startsWith("|"));
  if (first === -1) throw new Error(`there is no table under ${title}`);
  const rest = lines.slice(first);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  return (end === -1 ? rest : rest.slice(0, end)).slice(2).map((line) =>
    line
      .replace(/^\| ?/, "")
      .replace(/ ?\|$/, "")
      .split(/ ?(?<!\\)\| ?/)
      .map((cell) => cell.trim()),
  );
}
