/** Draws what random commands are made of: the same for the same seed. */
import { firstIdAt } from "../../../src/lib/ids.ts";
import { drawFrom } from "../../support/draw.ts";

export const TARGETS = ["target-a", "target-b", "target-c"] as const;

export class Draw {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = drawFrom(seed);
  }

  /** A whole number from 0 to before `end`. */
  below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  pick<T>(all: readonly T[]): T {
    const picked = all[this.below(all.length)];
    if (picked === undefined) throw new Error("there is nothing to pick from");
    return picked;
  }

  some<T>(all: readonly T[], share: number): readonly T[] {
    return all.filter(() => this.chance(share));
  }

  /** A UUIDv7. */
  id(at: number): string {
    const hex = (digits: number) =>
      this.below(16 ** digits)
        .toString(16)
        .padStart(digits, "0");
    return `${firstIdAt(at)}-7${hex(3)}-8${hex(3)}-${hex(12)}`;
  }
}
