/** Detects when the wall clock was set. */
import type { Clock } from "./clock.ts";

/** Smaller differences are drift or slewing, and harmless. */
const SMALLEST_JUMP_MS = 1_000;

/**
 * Returns a function that returns the jump since its last call, in milliseconds: 0 for none, negative for backwards.
 */
export function createClockJumpDetector(clock: Clock): () => number {
  let offset = clock.now() - clock.monotonic();
  return () => {
    const jump = Math.round(clock.now() - clock.monotonic() - offset);
    if (Math.abs(jump) < SMALLEST_JUMP_MS) return 0;
    offset += jump;
    return jump;
  };
}
