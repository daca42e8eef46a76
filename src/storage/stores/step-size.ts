/**
 * Chooses how many rows a step may change, so that it holds the event loop for about as long as it should. The limit of a
 * command is a number of rows, as a limit in time would leave copies of a file unlike each other; how many rows fit into a
 * time depends on the disk.
 */

/** A step takes at most this many times as much as the one before. */
const GROWTH = 2;

export type StepLimits = Readonly<{ least: number; first: number; most: number; ms: number }>;

export class StepSize {
  readonly #limits: StepLimits;
  #rows: number;

  constructor(limits: StepLimits) {
    this.#limits = limits;
    this.#rows = limits.first;
  }

  /** For the next step. */
  get rows(): number {
    return this.#rows;
  }

  /** To be called after a step that found as many rows as it was given. */
  took(heldMs: number): void {
    const { least, most, ms } = this.#limits;
    const fitting = Math.floor(this.#rows * Math.min(GROWTH, ms / heldMs));
    this.#rows = Math.max(least, Math.min(most, fitting));
  }
}
