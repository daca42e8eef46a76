/** Writes any text as one word of a shell's command line. */

/**
 * What must not reach a terminal as it is: control characters (a pasted Ctrl-C ends the quotes' line and runs
 * the next, an escape sequence ends a bracketed paste), and characters that reorder or hide what is seen.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSAFE_TO_PASTE = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;
const UNSAFE_CHARACTERS = new RegExp(UNSAFE_TO_PASTE.source, "g");

/** For bash, zsh and ksh; without characters that need $'…' for every POSIX shell. `text` holds no NUL. */
export function shellQuote(text: string): string {
  if (!UNSAFE_TO_PASTE.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("'", "\\'")
    .replaceAll("\n", "\\n")
    .replace(UNSAFE_CHARACTERS, escapeCharacter);
  return `$'${escaped}'`;
}

/** By octal bytes: \u depends on the shell's locale. */
function escapeCharacter(character: string): string {
  if (character === "\t") return "\\t";
  if (character === "\r") return "\\r";
  return [...new TextEncoder().encode(character)]
    .map((byte) => `\\${byte.toString(8).padStart(3, "0")}`)
    .join("");
}
