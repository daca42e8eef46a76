/** Renders chapters for a terminal, in colour or plain. */
import type { Chapter } from "./chapters.ts";

export type TerminalLook = Readonly<{
  colours: boolean;
  /** Column at which lines wrap. */
  columns: number;
}>;

/** Replaces links to other chapters with the command that prints them, and links within the chapter with their text. */
export function chapterForTerminal({ text }: Chapter, { colours, columns }: TerminalLook): string {
  const linked = text
    .replaceAll(/\[([^\]]+)\]\(([a-z-]+)\.md(?:#[a-z0-9-]+)?\)/g, "[$1](<webhooker manual $2>)")
    .replaceAll(/\[([^\]]+)\]\(#[a-z0-9-]+\)/g, "$1");
  return Bun.markdown.ansi(linked, { colors: colours, columns }).trimEnd();
}
