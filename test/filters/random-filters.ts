/** Random values, and conditions that this program's filters and Hookdeck's read alike: see the classes of difference. */

export type Random = () => number;
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Pair = Readonly<{ value: Json; condition: Json }>;

/** mulberry32 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Few, so that they meet. Without 0, 1 and "", which JavaScript takes for booleans and for each other. */
const SCALARS = [2, 5, 12, -3, 0.5, "2", "5", "a", "b", "abc", "bcd", true, false, null] as const;
const NAMES = ["a", "b", "c"] as const;
/** JavaScript's `includes` and JSON.stringify tell numbers from their texts. */
const LETTERS = ["a", "b", "abc", "bcd"] as const;
const NUMBERS = [7, 8] as const;

export class RandomFilters {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A value with lists, and a condition without operators. */
  lists(): Pair {
    return { value: this.#value(3, true), condition: this.#bare(3) };
  }

  /** A value without lists, and a condition of any kind. */
  operators(): Pair {
    return { value: this.#value(3, false), condition: this.#condition(3) };
  }

  #value(depth: number, hasLists: boolean): Json {
    const kind = this.#random();
    if (depth === 0 || kind < 0.4) return this.#one([...SCALARS, ...NUMBERS]);
    if (hasLists && kind < 0.7) return this.#many(() => this.#value(depth - 1, hasLists));
    return this.#members(() => this.#value(depth - 1, hasLists));
  }

  #bare(depth: number): Json {
    const kind = this.#random();
    if (depth === 0 || kind < 0.5) return this.#one(SCALARS);
    if (kind < 0.7) return this.#many(() => this.#bare(depth - 1), 1);
    return this.#members(() => this.#bare(depth - 1));
  }

  #condition(depth: number): Json {
    const kind = this.#random();
    if (kind < 0.45) return this.#operators(depth);
    if (depth > 0 && kind < 0.7) return this.#members(() => this.#condition(depth - 1), 1);
    if (depth > 0 && kind < 0.8) return { $or: this.#many(() => this.#alternative(depth - 1), 1) };
    return this.#one(SCALARS);
  }

  #operators(depth: number): Json {
    if (this.#random() < 0.1) return { $exist: this.#random() < 0.5 };
    const all: [string, Json][] = this.#many((): [string, Json] => {
      const kind = this.#random();
      if (kind < 0.4)
        return [this.#one(["$gt", "$gte", "$lt", "$lte"]), this.#one([2, 5, 7.5, "2", "b", "abc"])];
      if (kind < 0.6) return [this.#one(["$eq", "$neq"]), this.#constant(depth)];
      if (kind < 0.7)
        return [
          "$in",
          this.#random() < 0.5 ? this.#one(LETTERS) : this.#many(() => this.#one([...LETTERS, ...NUMBERS])),
        ];
      return [
        this.#one(["$startsWith", "$endsWith"]),
        this.#random() < 0.5 ? this.#one(LETTERS) : this.#many(() => this.#one(LETTERS)),
      ];
    }, 1);
    return Object.fromEntries(all);
  }

  /**
   * A condition of `$or` below the top, where the library takes null for a fault, what is missing for none, and operators
   * for names in an object.
   */
  #alternative(depth: number): Json {
    const condition = this.#condition(depth);
    const text = JSON.stringify(condition);
    const isOdd = text === "null" || text.includes('"$exist":false') || /^\{"\$(?:exist|eq|neq)"/.test(text);
    return isOdd ? this.#one(LETTERS) : condition;
  }

  /** Members come in one order, as JSON.stringify minds it. */
  #constant(depth: number): Json {
    if (depth === 0 || this.#random() < 0.6) return this.#one(SCALARS);
    return this.#members(() => this.#one([...LETTERS, ...NUMBERS, null, true]));
  }

  #members(make: () => Json, least = 0): Json {
    const names = NAMES.filter(() => this.#random() < 0.5);
    const used = names.length < least ? [this.#one(NAMES)] : names;
    return Object.fromEntries(used.map((name) => [name, make()]));
  }

  #many<T>(make: () => T, least = 0): T[] {
    return Array.from({ length: least + Math.floor(this.#random() * 3) }, make);
  }

  #one<T>(all: readonly T[]): T {
    const one = all[Math.floor(this.#random() * all.length)];
    if (one === undefined) throw new Error("nothing to choose from");
    return one;
  }
}
