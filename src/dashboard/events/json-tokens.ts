/** Lays JSON out over lines as a list of typed pieces, its numbers, escapes and repeated keys as they were sent. */

export type JsonToken = Readonly<{ kind: "key" | "string" | "number" | "literal" | "plain"; text: string }>;

export type JsonLayout = Readonly<{ tokens: readonly JsonToken[]; isCut: boolean }>;

const INDENT = "  ";
/** About what a coloured piece costs in markup beside its text. */
const PIECE_CHARS = 36;
const NUMBER = /-?\d[\d.eE+-]*/y;
const LITERAL = /true|false|null/y;
const SPACE = /[ \t\r\n]*/y;

/**
 * `maxChars` bounds the markup that will be drawn, about. Null where it is not JSON. `isWhole: false` says that `source` is only the beginning of a longer text.
 * Nothing is parsed and printed again: that would round numbers over 2^53 and drop repeated keys.
 */
export function layOutJson(
  source: string,
  options: { maxChars: number; isWhole: boolean },
): JsonLayout | null {
  if (options.isWhole && !isJson(source)) return null;
  const layout = new Layout(options.maxChars);
  const end = lex(source, layout);
  if (end === "full" || (end === "broken" && !options.isWhole && layout.hasTokens))
    return layout.finish(true);
  return end === "done" ? layout.finish(!options.isWhole) : null;
}

function isJson(source: string): boolean {
  try {
    JSON.parse(source);
    return true;
  } catch {
    return false;
  }
}

function lex(source: string, layout: Layout): "done" | "full" | "broken" {
  let at = skipSpace(source, 0);
  let depth = 0;
  while (at < source.length) {
    if (layout.isFull) return "full";
    const char = source[at] ?? "";
    const next = skipSpace(source, at + 1);
    if (char === "{" || char === "[") {
      const isEmpty = source[next] === (char === "{" ? "}" : "]");
      layout.plain(isEmpty ? `${char}${source[next]}` : `${char}${newLine(++depth)}`);
      at = isEmpty ? skipSpace(source, next + 1) : next;
    } else if (char === "}" || char === "]") {
      depth = Math.max(0, depth - 1);
      layout.plain(`${newLine(depth)}${char}`);
      at = next;
    } else if (char === ",") {
      layout.plain(`,${newLine(depth)}`);
      at = next;
    } else if (char === ":") {
      layout.plain(": ");
      at = next;
    } else {
      const end =
        char === '"' ? endOfString(source, at) : endOf(NUMBER, source, at) || endOf(LITERAL, source, at);
      if (end === 0) return "broken";
      const after = skipSpace(source, end);
      layout.value(kindOf(char, source[after] === ":"), source.slice(at, end));
      at = after;
    }
  }
  return "done";
}

function kindOf(firstChar: string, isKey: boolean): JsonToken["kind"] {
  if (firstChar === '"') return isKey ? "key" : "string";
  return /[a-z]/.test(firstChar) ? "literal" : "number";
}

function newLine(depth: number): string {
  return `\n${INDENT.repeat(depth)}`;
}

/** 0 where the string has no end. Searched and not matched: a long string overflows an expression's stack. */
function endOfString(source: string, start: number): number {
  for (let at = start + 1; at < source.length; at++) {
    const char = source[at];
    if (char === '"') return at + 1;
    if (char === "\\") at++;
  }
  return 0;
}

function endOf(pattern: RegExp, source: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(source) ? pattern.lastIndex : 0;
}

function skipSpace(source: string, at: number): number {
  return at < source.length ? endOf(SPACE, source, at) : at;
}

/** Gathers pieces, joins punctuation that follows punctuation, and counts what is drawn. */
class Layout {
  readonly #tokens: JsonToken[] = [];
  #plain = "";
  #room: number;

  constructor(maxChars: number) {
    this.#room = maxChars;
  }

  get isFull(): boolean {
    return this.#room <= 0;
  }

  get hasTokens(): boolean {
    return this.#tokens.length > 0;
  }

  plain(text: string): void {
    this.#plain += this.#take(text);
  }

  value(kind: JsonToken["kind"], text: string): void {
    const taken = this.#take(text);
    if (taken === "") return;
    this.#room -= PIECE_CHARS;
    this.#flush();
    this.#tokens.push({ kind, text: taken });
  }

  finish(isCut: boolean): JsonLayout {
    this.#flush();
    return { tokens: this.#tokens, isCut };
  }

  #take(text: string): string {
    const taken = text.slice(0, Math.max(0, this.#room));
    this.#room -= text.length;
    return taken;
  }

  #flush(): void {
    if (this.#plain !== "") this.#tokens.push({ kind: "plain", text: this.#plain });
    this.#plain = "";
  }
}
