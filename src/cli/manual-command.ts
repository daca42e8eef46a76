/** `webhooker manual`: lists the manual's chapters, or prints one. */
import type { Command } from "commander";
import { AppError } from "../lib/errors.ts";
import type { Chapter } from "../manual/chapters.ts";
import type { Io } from "./io.ts";
import { table } from "./table.ts";

export function addManualCommand(program: Command, io: Pick<Io, "out" | "terminal">): void {
  program
    .command("manual")
    .description("print a chapter of the manual, or list the chapters")
    .argument("[chapter]", "such as retries")
    .action(async (slug: string | undefined) => {
      // Imported here, so that other commands need not load the texts.
      const { findChapter, manualChapters } = await import("../manual/chapters.ts");
      if (slug === undefined) {
        io.out(contents(manualChapters));
        return;
      }
      const chapter = findChapter(slug.toLowerCase().replace(/\.md$/, ""));
      if (chapter === null) throw unknownChapter(slug, manualChapters);
      const { chapterForTerminal } = await import("../manual/terminal.ts");
      io.out(chapterForTerminal(chapter, io.terminal));
    });
}

function contents(chapters: readonly Chapter[]): string {
  const rows = chapters.map(({ slug, summary }) => [slug, summary]);
  return [...table(["CHAPTER", "ABOUT"], rows), "", "Print one with: webhooker manual CHAPTER"].join("\n");
}

function unknownChapter(slug: string, chapters: readonly Chapter[]): AppError {
  return new AppError({
    kind: "not_found",
    message: `Unknown chapter ${JSON.stringify(slug)}.`,
    hint: `Chapters: ${chapters.map((chapter) => chapter.slug).join(", ")}.`,
  });
}
