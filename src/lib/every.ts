/** Runs something at intervals, each counted from the end of the previous run. */
import type { Clock } from "./clock.ts";

/** Returns a function that stops it. */
export function every(clock: Pick<Clock, "after">, ms: number, run: () => void): () => void {
  let cancel = clock.after(ms, tick);
  function tick(): void {
    run();
    cancel = clock.after(ms, tick);
  }
  return () => cancel();
}
