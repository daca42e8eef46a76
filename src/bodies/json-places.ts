/** Finds the path of one value in JSON, by its number among the tokens that a page shows. */
import { layOutJsonInto } from "./json-layout.ts";

export type JsonPlace = Readonly<{
  /** Names of members and indexes of items, from the outside in. */
  steps: readonly string[];
  /** The value as it is written; null for a list or object, and beyond what is shown. */
  source: string | null;
}>;

type Open = { readonly isList: boolean; step: number | string };

/**
 * `number` counts names and scalars from 0, in the order of the text: a name stands for the value that follows it. Null
 * if there is none.
 */
export function findJsonPlace(source: string, number: number): JsonPlace | null {
  const finder = new PlaceFinder(number);
  layOutJsonInto(source, finder);
  return finder.place;
}

/** Takes what the layout puts out, and stops it once the value was seen. */
class PlaceFinder {
  place: JsonPlace | null = null;
  readonly #open: Open[] = [];
  #left: number;
  /** The place was named, and its value comes next. */
  #isNamed = false;
  isFull = false;

  constructor(number: number) {
    this.#left = number;
  }

  get hasTokens(): boolean {
    return true;
  }

  plain(text: string): void {
    const char = text.trim();
    const top = this.#open.at(-1);
    if (char === "{" || char === "[") {
      if (this.#isNamed) this.isFull = true;
      this.#open.push({ isList: char === "[", step: char === "[" ? 0 : "" });
    } else if (char === "}" || char === "]") this.#open.pop();
    else if (char === "," && top?.isList && typeof top.step === "number") top.step++;
  }

  value(kind: string, text: string): void {
    const top = this.#open.at(-1);
    if (this.#isNamed && this.place !== null) {
      this.place = { ...this.place, source: text };
      this.isFull = true;
      return;
    }
    if (kind === "key" && top) top.step = scalarText(text);
    if (this.#left-- > 0) return;
    const steps = this.#open.map(({ step }) => String(step));
    this.#isNamed = kind === "key";
    this.isFull = !this.#isNamed;
    this.place = { steps, source: this.#isNamed ? null : text };
  }
}

/** A string's text; other scalars as they are written. */
export function scalarText(source: string): string {
  if (!source.startsWith('"')) return source;
  const parsed: unknown = JSON.parse(source);
  return String(parsed);
}
