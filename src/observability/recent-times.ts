/** Remembers when something happened to the last thousand ids, at the cost of one map entry each. */

/** At most two generations are kept; an event's first attempt nearly always begins within milliseconds. */
const GENERATION = 1_024;

/** Drops whole generations: removing ids one by one would cost as much as keeping them. */
export class RecentTimes {
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  put(id: string, at: number): void {
    this.#young.set(id, at);
    if (this.#young.size < GENERATION) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  find(id: string): number | null {
    return this.#young.get(id) ?? this.#old.get(id) ?? null;
  }
}
