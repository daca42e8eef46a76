/** Counts the work that is under way, for whoever waits until all of it has ended. */
export class WorkUnderWay {
  #count = 0;
  #whenEnded: (() => void)[] = [];

  begin(): void {
    this.#count++;
  }

  end(): void {
    this.#count--;
    if (this.#count > 0) return;
    const resolvers = this.#whenEnded;
    this.#whenEnded = [];
    for (const resolve of resolvers) resolve();
  }

  /** Resolves when all of it has ended; nothing new may be begun meanwhile. */
  ended(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenEnded.push(resolve));
  }
}
