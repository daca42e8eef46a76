/** Judges a version of code by its runs, and so beside which other code it may run. */

/** Code runs beside that of others only after so many runs in a row that were short. */
const PROVEN_RUNS = 20;
const SHORT_MICROS = 10_000;
const MOST_KILLS = 3;
const FIRST_REST_MS = 60_000;
const LONGEST_REST_MS = 30 * 60_000;

/**
 * - `new`: no run of it was long yet.
 * - `proven`: its last runs were short.
 * - `aside`: a draft that somebody tries, or code of which a run was long or had to be killed since.
 * - `resting`: it had to be killed several times in a row, but has worked before: its inputs may be to blame.
 * - `disabled`: it had to be killed several times in a row, and has never worked.
 */
export type Standing = "new" | "proven" | "aside" | "resting" | "disabled";

export class Conduct {
  #isAside: boolean;
  #shortRuns = 0;
  /** In a row. */
  #kills = 0;
  #hasWorked = false;
  #rests = 0;
  #restsUntil = Number.NEGATIVE_INFINITY;

  constructor(isDraft: boolean) {
    this.#isAside = isDraft;
  }

  /** `now` is monotonic, as below. */
  standingAt(now: number): Standing {
    if (this.#isDisabled) return "disabled";
    if (now < this.#restsUntil) return "resting";
    if (this.#shortRuns >= PROVEN_RUNS) return "proven";
    return this.#isAside ? "aside" : "new";
  }

  noteRun(micros: number): void {
    const isShort = micros <= SHORT_MICROS;
    this.#shortRuns = isShort ? this.#shortRuns + 1 : 0;
    if (!isShort) this.#isAside = true;
    // A run that was under way when it was disabled changes nothing.
    if (this.#isDisabled) return;
    if (this.#shortRuns >= PROVEN_RUNS) this.#hasWorked = true;
    this.#kills = 0;
    this.#rests = 0;
  }

  noteKill(now: number): void {
    this.#isAside = true;
    this.#shortRuns = 0;
    this.#kills++;
    if (this.#kills < MOST_KILLS || !this.#hasWorked) return;
    this.#kills = 0;
    this.#restsUntil = now + Math.min(FIRST_REST_MS * 2 ** this.#rests++, LONGEST_REST_MS);
  }

  get #isDisabled(): boolean {
    return this.#kills >= MOST_KILLS && !this.#hasWorked;
  }
}
