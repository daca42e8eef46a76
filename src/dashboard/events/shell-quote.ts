/** Quotes any text as one word of a shell command line. */

/**
 * Characters that must not reach a terminal unescaped: control characters (a pasted Ctrl-C ends the quoted line and
 * runs the next, an escape sequence ends a bracketed paste), and characters that reorder or hide visible text.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: this expression looks for them
const UNSAFE_TO_PASTE = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;
const UNSAFE_CHARACTERS = new RegExp(UNSAFE_TO_PASTE.source, "g");

/** Quotes for bash, zsh and ksh; text that does not need $'…' suits every POSIX shell. `text` contains no NUL. */
export function shellQuote(text: string): string {
  if (!UNSAFE_TO_PASTE.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("'", "\\'")
    .replaceAll("\n", "\\n")
    .replace(UNSAFE_CHARACTERS, escapeCharacter);
  return `$'${escaped}'`;
}

/** Uses octal bytes, because \u depends on the shell's locale. */
function escapeCharacter(character: string): string {
  if (character === "\t") return "\\t";
  if (character === "\r") return "\\r";
  return [...new TextEncoder().encode(character)]
    .map((byte) => `\\${byte.toString(8).padStart(3, "0")}`)
    .join("");
}
