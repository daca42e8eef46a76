/** Reads JSON as people type it, and tells a fault by its line and column. */
import { endOfJsonScalar, skipJsonSpace } from "./json-scalars.ts";

export type TypedJson = Readonly<{ document: unknown } | { fault: string }>;

/** Objects and lists within each other. Typed JSON has fewer. */
const DEEPEST = 100;

export function readTypedJson(text: string): TypedJson {
  const fault = new JsonCheck(text).fault();
  if (fault === null) return { document: JSON.parse(text) };
  const before = text.slice(0, fault.at).split("\n");
  const column = (before.at(-1)?.length ?? 0) + 1;
  return { fault: `is not valid JSON: line ${before.length}, column ${column}: ${fault.message}` };
}

type Fault = Readonly<{ at: number; message: string }>;

/** Finds the first place at which a text stops being JSON, or gives a name twice, of which JSON.parse drops one. */
class JsonCheck {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  fault(): Fault | null {
    const fault = this.#value(0);
    if (fault !== null) return fault;
    this.#space();
    return this.#at < this.#text.length ? this.#expected("nothing more") : null;
  }

  #value(depth: number): Fault | null {
    this.#space();
    const char = this.#text[this.#at];
    if (depth > DEEPEST) return { at: this.#at, message: "it is nested too deeply" };
    if (char === "{") return this.#members(depth);
    return char === "[" ? this.#items(depth) : this.#scalar("a value");
  }

  #scalar(what: string): Fault | null {
    const end = endOfJsonScalar(this.#text, this.#at);
    if (typeof end !== "number") return this.#expected(what);
    this.#at = end;
    return null;
  }

  #members(depth: number): Fault | null {
    this.#at++;
    if (this.#takes("}")) return null;
    const names = new Set<string>();
    for (;;) {
      this.#space();
      const start = this.#at;
      if (this.#text[start] !== '"') return this.#expected("a name in quotation marks");
      const fault = this.#scalar("a name in quotation marks");
      if (fault !== null) return fault;
      const name = this.#text.slice(start, this.#at);
      if (names.has(name)) return { at: start, message: `${name} is there twice` };
      names.add(name);
      if (!this.#takes(":")) return this.#expected("a colon");
      const inside = this.#value(depth + 1);
      if (inside !== null) return inside;
      if (this.#takes("}")) return null;
      if (!this.#takes(",")) return this.#expected("a comma or }");
    }
  }

  #items(depth: number): Fault | null {
    this.#at++;
    if (this.#takes("]")) return null;
    for (;;) {
      const inside = this.#value(depth + 1);
      if (inside !== null) return inside;
      if (this.#takes("]")) return null;
      if (!this.#takes(",")) return this.#expected("a comma or ]");
    }
  }

  #takes(char: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    this.#at = skipJsonSpace(this.#text, this.#at);
  }

  #expected(what: string): Fault {
    return { at: this.#at, message: `expected ${what}` };
  }
}
