/** One clock for the sender and the receiver, which are different processes. */

/** Milliseconds with fractions. Not `process.hrtime`: in Bun it counts from the start of each process. */
export function sharedNow(): number {
  return performance.timeOrigin + performance.now();
}
