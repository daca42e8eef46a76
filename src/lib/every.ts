/** Does something again and again; the next time is counted from the end of the last. */
import type { Clock } from "./clock.ts";

/** The returned function stops it. */
export function every(clock: Clock, ms: number, run: () => void): () => void {
  let cancel = clock.after(ms, tick);
  function tick(): void {
    run();
    cancel = clock.after(ms, tick);
  }
  return () => cancel();
}
