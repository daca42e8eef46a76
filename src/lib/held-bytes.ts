/** Limits the bytes that are held in memory at the same time: who wants more waits. */

/** A single taker may take more than there is, alone. */
export class HeldBytes {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  async take(bytes: number): Promise<void> {
    while (this.#held > 0 && this.#held + bytes > this.#most)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#held += bytes;
  }

  release(bytes: number): void {
    this.#held -= bytes;
    for (const begin of this.#waiting.splice(0)) begin();
  }
}
