/** Chapters for a terminal, in colour or plain. */
import type { Chapter } from "./chapters.ts";

export type TerminalLook = Readonly<{
  colours: boolean;
  /** Where lines wrap. */
  columns: number;
}>;

/** Links to other chapters become the command that prints them; those within the chapter become their words. */
export function chapterForTerminal({ text }: Chapter, { colours, columns }: TerminalLook): string {
  const linked = text
    .replaceAll(/\[([^\]]+)\]\(([a-z-]+)\.md(?:#[a-z0-9-]+)?\)/g, "[$1](<webhooker manual $2>)")
    .replaceAll(/\[([^\]]+)\]\(#[a-z0-9-]+\)/g, "$1");
  return Bun.markdown.ansi(linked, { colors: colours, columns }).trimEnd();
}
