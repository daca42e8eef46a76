/** Bounds what the bodies that are being received or stored hold in memory, all requests together. */
import { AppError } from "../lib/errors.ts";

/** Larger bodies have a budget of their own: a few of them, slowly sent, must not turn every small event away. */
const SMALL_BYTES = 64 * 1024;
const SMALL_BODIES_AT_ONCE = 1_024;
const LARGE_BODIES_AT_ONCE = 12;

export type BodyMemory = Readonly<{
  /** A body that held `from` bytes holds `to` from now on. Throws AppError `unavailable` where there is no room. */
  resize: (from: number, to: number) => void;
}>;

export function createBodyMemory(maxBodyBytes: number): BodyMemory {
  const small = { held: 0, most: SMALL_BODIES_AT_ONCE * Math.min(SMALL_BYTES, maxBodyBytes) };
  const large = { held: 0, most: LARGE_BODIES_AT_ONCE * maxBodyBytes };
  const budgetOf = (bytes: number) => (bytes <= SMALL_BYTES ? small : large);
  return {
    resize(from, to) {
      const before = budgetOf(from);
      const after = budgetOf(to);
      if (after.held + to - (before === after ? from : 0) > after.most) throw busy();
      before.held -= from;
      after.held += to;
    },
  };
}

function busy(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "busy",
    message: "Too many large requests at once; this one was not stored.",
  });
}
