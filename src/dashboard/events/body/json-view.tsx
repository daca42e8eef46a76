/** Draws JSON with colours, and with lists and objects that fold without scripts, in a limited number of elements. */
import { Html } from "@elysiajs/html";
import type { JsonToken } from "../../../bodies/json-layout.ts";

/** Short names, because a page contains thousands of them. */
const CLASSES = { key: "jk", string: "js", number: "jn", literal: "jl" } as const;

/** With the rest of the page, fewer than 3,000. */
const MOST_ELEMENTS = 2_000;
const ELEMENTS_OF_FOLD = 2;
/** Browsers nest elements no deeper than about 500. */
const MOST_DEPTH = 50;
const SPECIAL = /[{}[\]\n]/g;
const FOLD_END = "</details>";

/** Text beyond the limit has no colours and folds. */
export function JsonView({ tokens }: { tokens: readonly JsonToken[] }): JSX.Element {
  const safeMarkup = drawJson(tokens);
  return <div class="json">{safeMarkup}</div>;
}

function drawJson(tokens: readonly JsonToken[]): string {
  const drawing = new Drawing();
  for (const { kind, text } of tokens) {
    if (kind === "plain") drawing.plain(text);
    else drawing.value(CLASSES[kind], text);
  }
  return drawing.finish();
}

class Drawing {
  #done = "";
  /** Markup of the line that is being drawn. */
  #line = "";
  #elements = 0;
  /** Whether each open list or object folds. */
  readonly #open: boolean[] = [];
  /** Folds that end with the line. */
  #ending = 0;

  value(className: string, text: string): void {
    const escaped = Html.escapeHtml(text);
    const isColoured = this.#elements < MOST_ELEMENTS;
    if (isColoured) this.#elements++;
    this.#line += isColoured ? `<span class="${className}">${escaped}</span>` : escaped;
  }

  /** Punctuation and white space. */
  plain(text: string): void {
    let from = 0;
    for (const { index, 0: char } of text.matchAll(SPECIAL)) {
      if (index < from) continue;
      this.#line += text.slice(from, index);
      from = index + 1;
      if (char === "\n") this.#endLine("\n");
      else if ((char === "{" || char === "[") && text[from] === "\n") {
        // The content of a fold begins on a line of its own.
        if (this.#begins(char)) from++;
      } else this.#add(char);
    }
    this.#line += text.slice(from);
  }

  finish(): string {
    this.#endLine("");
    // Where the text is cut off.
    return this.#done + FOLD_END.repeat(this.#open.filter(Boolean).length);
  }

  /** Begins a list or object, and returns whether it folds. */
  #begins(bracket: string): boolean {
    const folds = this.#elements + ELEMENTS_OF_FOLD <= MOST_ELEMENTS && this.#open.length < MOST_DEPTH;
    this.#open.push(folds);
    if (!folds) {
      this.#line += bracket;
      return false;
    }
    this.#elements += ELEMENTS_OF_FOLD;
    this.#done += `<details open><summary>${this.#line}${bracket}\n</summary>`;
    this.#line = "";
    return true;
  }

  #add(char: string): void {
    const isEnd = (char === "}" || char === "]") && this.#line.trim() === "";
    if (isEnd && this.#open.pop()) this.#ending++;
    this.#line += char;
  }

  #endLine(lineEnd: string): void {
    this.#done += this.#line + lineEnd + FOLD_END.repeat(this.#ending);
    this.#line = "";
    this.#ending = 0;
  }
}
