/**
 * Lets requests wait until this node has applied the rows that the log had when they came: what it refuses by older rows may
 * be accepted by newer ones.
 */
import { type Clock, wait } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";

/** A sender waits at most so long. */
const BUDGET_MS = 1_000;
/** Strangers can make a node ask, so it asks no more often, and once for all that wait. */
const APART_MS = 100;
/** With a log that answers within milliseconds these are 10,000 requests a second. */
const MOST_WAITING = 1_000;
/** Bodies that wait with their requests; a single one may be larger. */
const MOST_BYTES = 32 * 1024 * 1024;
const RETRY_SECONDS = 3;

export type CatchUp = Readonly<{
  /** False while this node alone changes rows. */
  mayBeBehind: () => boolean;
  /**
   * Resolves once this node has applied the rows that the log has now. `heldBytes`: memory that waits with the caller.
   * Rejects as `unavailable` if that is not known within a second, and at once while too many wait.
   */
  caughtUp: (heldBytes: number) => Promise<void>;
}>;

export function createCatchUp(deps: {
  /**
   * Appends an entry that says nothing, and resolves with its position. The log's end alone does not do: a server that was cut
   * off may tell an old one.
   */
  append: () => Promise<number>;
  mayLead: () => boolean;
  /** Resolves once the rows up to that position are applied here. */
  rowsReached: (position: number) => Promise<void>;
  clock: Pick<Clock, "monotonic" | "after">;
}): CatchUp {
  const { append, mayLead, rowsReached, clock } = deps;
  let waiting = 0;
  let bytes = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  /** Settles with the question that was asked last. Only one is under way: an applier that is stuck would gather them. */
  let last: Promise<unknown> = Promise.resolve();
  /** A question that is yet to be asked, whose answer covers all that has come before. */
  let next: Promise<void> | null = null;

  async function ask(): Promise<void> {
    await last.catch(() => undefined);
    const pause = askedAt + APART_MS - clock.monotonic();
    if (pause > 0) await wait(clock, pause);
    askedAt = clock.monotonic();
    next = null;
    const answered = append().then(rowsReached);
    last = answered;
    await answered;
  }

  return {
    mayBeBehind: () => !mayLead(),
    async caughtUp(heldBytes) {
      const isFull = waiting >= MOST_WAITING || (bytes > 0 && bytes + heldBytes > MOST_BYTES);
      if (isFull) throw unknown();
      waiting++;
      bytes += heldBytes;
      const { promise: tooLate, reject } = Promise.withResolvers<never>();
      const cancel = clock.after(BUDGET_MS, () => reject(unknown()));
      try {
        next ??= ask();
        await Promise.race([next, tooLate]);
      } catch (cause) {
        throw unknown(cause);
      } finally {
        cancel();
        waiting--;
        bytes -= heldBytes;
      }
    },
  };
}

function unknown(cause?: unknown): AppError {
  return new AppError({
    kind: "unavailable",
    code: "behind",
    message:
      "This node cannot tell yet whether its configuration is the latest. Nothing was stored; retry later.",
    retryAfterSeconds: RETRY_SECONDS,
    cause,
  });
}
