/** Knows up to which position the entries of a log are applied, though they are finished in any order. */

type Open = { readonly position: number; left: number };

export class LogProgress {
  /** In order; those that are done stand behind others that are not. */
  readonly #open: Open[] = [];
  #applied: number;
  #waiting: { readonly position: number; readonly resolve: () => void }[] = [];

  constructor(after: number) {
    this.#applied = after;
  }

  /** Everything up to this position is applied. */
  get applied(): number {
    return this.#applied;
  }

  /** Begins a position, the next one, with this many parts; returns what to call for each part that is done. */
  begin(position: number, parts: number): () => void {
    const open: Open = { position, left: parts };
    this.#open.push(open);
    if (parts === 0) this.#advance();
    return () => {
      open.left--;
      if (open.left === 0) this.#advance();
    };
  }

  /** Resolves once everything up to that position is applied. */
  reached(position: number): Promise<void> {
    if (this.#applied >= position) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ position, resolve }));
  }

  #advance(): void {
    let done = 0;
    for (const { position, left } of this.#open) {
      if (left > 0) break;
      this.#applied = position;
      done++;
    }
    this.#open.splice(0, done);
    const ready = this.#waiting.filter(({ position }) => position <= this.#applied);
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter(({ position }) => position > this.#applied);
    for (const { resolve } of ready) resolve();
  }
}
