/**
 * Runs verification in steps. A step hashes the whole body once, which takes 50 ms for the largest, and a stranger
 * chooses how many there are: by signatures in a header, or a URL that can be read in several forms.
 */

import { nextTurn } from "../lib/pauses.ts";

/** Yields between two steps. */
export type Steps<T> = Generator<void, T>;

/** The steps of a body up to this length run without a pause; each takes 2 ms at most. */
const SHORT_BYTES = 1024 * 1024;

/** Runs the steps for a body of this length. Between those of a long one, other work has its turn. */
export function runSteps<T>(steps: Steps<T>, bodyBytes: number): T | Promise<T> {
  return bodyBytes <= SHORT_BYTES ? finish(steps) : runPausing(steps);
}

/** Runs the steps without a pause. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

async function runPausing<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await nextTurn();
  }
}
