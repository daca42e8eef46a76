/** Limits how much waits to be applied, in number and in bytes; whoever brings more waits for room. */

const MOST = 4_096;
const MOST_BYTES = 64 * 1024 * 1024;

export class WaitingRoom {
  #count = 0;
  #bytes = 0;
  #roomAgain: (() => void) | null = null;

  enter(bytes: number): void {
    this.#count++;
    this.#bytes += bytes;
  }

  leave(bytes: number): void {
    this.#count--;
    this.#bytes -= bytes;
    if (!this.#isFilled(0.5)) this.close();
  }

  /** Resolves at once if there is room, else once half of it is free. One may wait at a time. */
  room(): Promise<void> {
    if (!this.#isFilled(1)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#roomAgain = resolve;
    });
  }

  /** Lets go who waits. */
  close(): void {
    this.#roomAgain?.();
    this.#roomAgain = null;
  }

  #isFilled(share: number): boolean {
    return this.#count >= MOST * share || this.#bytes >= MOST_BYTES * share;
  }
}
