/** Formats untrusted JSON over lines in one bounded pass. Numbers, escapes and repeated keys stay as they were sent. */
import { endOfJsonScalar, type JsonEnd, skipJsonSpace } from "./json-scalars.ts";

export type JsonToken = Readonly<{ kind: "key" | "string" | "number" | "literal" | "plain"; text: string }>;

type JsonLayout = Readonly<{ tokens: readonly JsonToken[]; isCut: boolean }>;

type Limits = Readonly<{
  /** Limits the output, including indentation; reading stops there. */
  maxChars: number;
  /** Additional cost of each coloured token, such as its markup. */
  pieceChars: number;
  /** False: `source` is a truncated text. */
  isWhole: boolean;
}>;

/** "value or end" follows "[", "key or end" follows "{", "separator" follows a value. */
type Expected = "value" | "value or end" | "key" | "key or end" | "separator" | "end of text";

const INDENT = "  ";

/**
 * Returns null if `source` is not JSON as far as it was read. It is never parsed and serialised again: that takes
 * memory and time quadratic in the depth, rounds numbers above 2^53 and drops repeated keys. The depth needs no limit
 * of its own, because indentation uses up `maxChars`.
 */
export function layOutJson(source: string, limits: Limits): JsonLayout | null {
  const layout = new Layout(limits);
  const end = lex(source, layout);
  if (end === "broken" || (end === "early" && limits.isWhole)) return null;
  if (end === "early" && !layout.hasTokens) return null;
  return layout.finish(end !== "done" || !limits.isWhole);
}

/** Takes the formatted text in order; reading stops once it is full. */
export type LayoutSink = Readonly<{
  isFull: boolean;
  hasTokens: boolean;
  /** One piece of punctuation, with the white space before or after it. */
  plain: (text: string) => void;
  value: (kind: JsonToken["kind"], text: string) => void;
}>;

/** Gives the formatted text to `sink`, as far as the source is JSON. */
export function layOutJsonInto(source: string, sink: LayoutSink): void {
  lex(source, sink);
}

/** "early": the text ends before the value does. */
function lex(source: string, layout: LayoutSink): "done" | "full" | "early" | "broken" {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  for (let at = skipJsonSpace(source, 0); at < source.length; at = skipJsonSpace(source, at)) {
    if (layout.isFull) return "full";
    const char = source[at] ?? "";
    if (char === "}" || char === "]") {
      const isEmpty = expected === (char === "}" ? "key or end" : "value or end");
      if (!isEmpty && expected !== "separator") return "broken";
      if (open.pop() !== (char === "}" ? "{" : "[")) return "broken";
      layout.plain(isEmpty ? char : `${newLine(open.length)}${char}`);
      expected = afterValue(open);
      at++;
    } else if (char === ",") {
      if (expected !== "separator") return "broken";
      layout.plain(`,${newLine(open.length)}`);
      expected = open.at(-1) === "{" ? "key" : "value";
      at++;
    } else {
      const isFirst = expected === "value or end" || expected === "key or end";
      const isKey = expected === "key" || expected === "key or end";
      if (expected === "separator" || expected === "end of text") return "broken";
      if (isFirst) layout.plain(newLine(open.length));
      if (char === "{" || char === "[") {
        if (isKey) return "broken";
        open.push(char);
        layout.plain(char);
        expected = char === "{" ? "key or end" : "value or end";
        at++;
        continue;
      }
      if (isKey && char !== '"') return "broken";
      const end: JsonEnd = endOfJsonScalar(source, at);
      if (typeof end === "string") return end;
      layout.value(isKey ? "key" : kindOf(char), source.slice(at, end));
      at = end;
      expected = afterValue(open);
      if (!isKey) continue;
      at = skipJsonSpace(source, at);
      if (at >= source.length) return "early";
      if (source[at] !== ":") return "broken";
      layout.plain(": ");
      expected = "value";
      at++;
    }
  }
  return expected === "end of text" ? "done" : "early";
}

function afterValue(open: readonly string[]): Expected {
  return open.length === 0 ? "end of text" : "separator";
}

function kindOf(firstChar: string): JsonToken["kind"] {
  if (firstChar === '"') return "string";
  return firstChar >= "a" ? "literal" : "number";
}

function newLine(depth: number): string {
  return `\n${INDENT.repeat(depth)}`;
}

/** Collects tokens, merges adjacent punctuation, and counts the output's size. */
class Layout {
  readonly #tokens: JsonToken[] = [];
  readonly #pieceChars: number;
  #plain = "";
  #room: number;

  constructor({ maxChars, pieceChars }: Limits) {
    this.#room = maxChars;
    this.#pieceChars = pieceChars;
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
    this.#room -= this.#pieceChars;
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
