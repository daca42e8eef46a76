/** Lists the named values at the beginning of JSON or a form that may be truncated, for a preview. */
import { createStrictDecode } from "./charset.ts";
import { readFormValues } from "./form-values.ts";
import { MAX_JSON_DEPTH } from "./json-nodes.ts";
import { endOfJsonScalar, skipJsonSpace } from "./json-scalars.ts";

/** A text or number with the names that lead to it; positions in lists are left out. */
export type LeadingField = Readonly<{ path: readonly string[]; text: string; isNumber: boolean }>;

/** Deeper values say little of the whole. */
const MAX_DEPTH = 6;
const MAX_FIELDS = 200;

/**
 * Stops at the end of the text, or where it is not JSON. Literals and empty texts are left out, and everything in a list
 * after its first item.
 */
export function listJsonFields(source: string): readonly LeadingField[] {
  const walk = new JsonWalk(source);
  while (walk.fields.length < MAX_FIELDS && walk.step());
  return walk.fields;
}

/** An open list or object, with the name that leads to it. */
type Open = { isList: boolean; name: string | null; items: number };

class JsonWalk {
  readonly fields: LeadingField[] = [];
  readonly #source: string;
  /** Outermost first. */
  readonly #open: Open[] = [];
  #at: number;

  constructor(source: string) {
    this.#source = source;
    this.#at = skipJsonSpace(source, 0);
  }

  /** Goes past one bracket, comma, or value with its name; false at the end. */
  step(): boolean {
    const inner = this.#open.at(-1);
    const char = this.#source[this.#at];
    if (inner === undefined) return (char === "{" || char === "[") && this.#enter(char, null);
    if (char === "}" || char === "]") {
      this.#open.pop();
      this.#skip(this.#at + 1);
      return this.#open.length > 0;
    }
    if (char === ",") {
      this.#skip(this.#at + 1);
      return true;
    }
    inner.items++;
    const name = inner.isList ? null : this.#passName();
    if (name === undefined) return false;
    const first = this.#source[this.#at];
    return first === "{" || first === "[" ? this.#enter(first, name) : this.#passScalar(name);
  }

  #enter(bracket: string, name: string | null): boolean {
    if (this.#open.length === MAX_JSON_DEPTH) return false;
    this.#open.push({ isList: bracket === "[", name, items: 0 });
    this.#skip(this.#at + 1);
    return true;
  }

  /** Undefined if there is none. */
  #passName(): string | undefined {
    const end = endOfJsonScalar(this.#source, this.#at);
    if (this.#source[this.#at] !== '"' || typeof end !== "number") return undefined;
    const name = textOf(this.#source.slice(this.#at, end));
    this.#skip(end);
    if (this.#source[this.#at] !== ":") return undefined;
    this.#skip(this.#at + 1);
    return name;
  }

  #passScalar(name: string | null): boolean {
    const end = endOfJsonScalar(this.#source, this.#at);
    if (typeof end !== "number") return false;
    const isInFirstItems = !this.#open.some(({ isList, items }) => isList && items > 1);
    if (isInFirstItems && this.#open.length <= MAX_DEPTH) this.#add(name, this.#source.slice(this.#at, end));
    this.#skip(end);
    return true;
  }

  #add(name: string | null, token: string): void {
    const isText = token.startsWith('"');
    const text = isText ? textOf(token) : token;
    if (text === "" || (!isText && !isNumeric(text))) return;
    const path = [...this.#open.map((each) => each.name), name].filter((part) => part !== null);
    this.fields.push({ path, text, isNumber: !isText });
  }

  #skip(to: number): void {
    this.#at = skipJsonSpace(this.#source, to);
  }
}

/** The form's fields, without the last one if the form is cut, and those of JSON in its field `payload`. */
export function listFormFields(form: Uint8Array, isCut: boolean): readonly LeadingField[] {
  const whole = isCut ? form.subarray(0, Math.max(0, form.lastIndexOf(0x26))) : form;
  const values = readFormValues(whole, createStrictDecode("utf-8")) ?? [];
  return values.slice(0, MAX_FIELDS).flatMap(({ name, value }) => {
    if (!name || !value) return [];
    if (name === "payload" && value.startsWith("{")) return listJsonFields(value);
    return [
      { path: name.split(/[[\].]+/).filter((part) => part !== ""), text: value, isNumber: isNumeric(value) },
    ];
  });
}

/** `token` is a string of JSON, as the lexer found it. */
function textOf(token: string): string {
  const text: unknown = JSON.parse(token);
  return typeof text === "string" ? text : "";
}

function isNumeric(text: string): boolean {
  return /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text);
}
