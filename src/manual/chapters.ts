/** The manual's chapters in reading order: Markdown inside the executable, for pages and for the terminal. */
import configuration from "./configuration.md" with { type: "text" };
import ledger from "./ledger.md" with { type: "text" };
import signing from "./signing.md" with { type: "text" };
import traces from "./traces.md" with { type: "text" };

const parts = [
  {
    title: "Deliver",
    chapters: [{ slug: "signing", text: signing, summary: "Signatures that receivers verify" }],
  },
  {
    title: "Observe",
    chapters: [
      { slug: "traces", text: traces, summary: "OpenTelemetry spans of requests and attempts" },
      { slug: "ledger", text: ledger, summary: "Counts that prove that no delivery is missing" },
    ],
  },
  {
    title: "Run",
    chapters: [
      { slug: "configuration", text: configuration, summary: "Environment variables and their defaults" },
    ],
  },
] as const;

/** Also the chapter's file name and the last part of its address. */
export type ChapterSlug = (typeof parts)[number]["chapters"][number]["slug"];

export type Chapter = Readonly<{
  slug: ChapterSlug;
  /** The text's first heading. */
  title: string;
  /** One line that says what the chapter is about. */
  summary: string;
  /** Markdown without HTML, whose links work on GitHub. */
  text: string;
}>;

export type Part = Readonly<{ title: string; chapters: readonly Chapter[] }>;

export const manualParts: readonly Part[] = parts.map(({ title, chapters }) => ({
  title,
  chapters: chapters.map((chapter) => ({ ...chapter, title: titleOf(chapter.text) })),
}));

export const manualChapters: readonly Chapter[] = manualParts.flatMap(({ chapters }) => chapters);

export function findChapter(slug: string): Chapter | null {
  return manualChapters.find((chapter) => chapter.slug === slug) ?? null;
}

function titleOf(text: string): string {
  return /^# (.+)$/m.exec(text)?.[1] ?? "";
}
