/** Measures the longest time without something that should happen all the time. */
export class Gaps {
  longestMs = 0;
  #at = performance.now();

  begin(): void {
    this.longestMs = 0;
    this.#at = performance.now();
  }

  /** Call it when it happens, and at the end. */
  note(): void {
    const now = performance.now();
    this.longestMs = Math.max(this.longestMs, now - this.#at);
    this.#at = now;
  }
}
