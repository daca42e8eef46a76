/** Ships the leader's changed rows into the log, in order and one record at a time. */
import { AppError } from "../../../lib/errors.ts";
import { newId } from "../../../lib/ids.ts";
import type { MainDbReplication } from "./main-db-replication.ts";
import type { ShippedRows } from "./row-change.ts";

export type ConfigShipping = Readonly<{
  /**
   * Resolves once everything committed so far, by any process, is in the log. Rejects as the append did; then it is tried
   * again by the next call of this or `poll`.
   */
  shipped: () => Promise<void>;
  /** Ships what other processes have committed, and what could not be shipped before. Call it from time to time. */
  poll: () => void;
  /** Ends shipping; whoever waits is rejected. The result of an append that is under way is not noted any more. */
  stop: () => void;
}>;

type Pending = Readonly<{ id: string; upTo: number; entry: ShippedRows }>;
type Waiting = Readonly<{ upTo: number; resolve: () => void; reject: (error: unknown) => void }>;

/** Small enough for a message of the log's servers. */
const BATCH_BYTES = 256 * 1024;

export function createConfigShipping(deps: {
  replication: Pick<MainDbReplication, "outbox" | "lastCaptured" | "forget">;
  /** Stores a record once however often it is called with the same id. Resolves with its position in the log. */
  append: (id: string, entries: readonly ShippedRows[]) => Promise<number>;
  /** Told of failures that no request waits for. */
  onError: (message: string, cause: unknown) => void;
  batchBytes?: number;
}): ConfigShipping {
  const { replication, append, onError, batchBytes = BATCH_BYTES } = deps;
  let waiting: readonly Waiting[] = [];
  /** The batch whose append has not succeeded yet. It stays as it is: the log may have it already. */
  let pending: Pending | null = null;
  let isShipping = false;
  let isStopped = false;

  function nextBatch(): Pending | null {
    const batch = replication.outbox(batchBytes);
    if (batch === null) return null;
    const { upTo, changes: rows, isLast } = batch;
    return { id: newId(), upTo, entry: isLast ? { rows } : { rows, more: true } };
  }

  async function ship(): Promise<void> {
    if (isShipping) return;
    isShipping = true;
    try {
      while (!isStopped) {
        pending ??= nextBatch();
        if (pending === null) return;
        const { id, upTo, entry } = pending;
        const position = await append(id, [entry]);
        if (isStopped) return;
        replication.forget(upTo, position);
        pending = null;
        settle(
          (each) => each.upTo <= upTo,
          (each) => each.resolve(),
        );
      }
    } catch (error) {
      if (isStopped) return;
      if (waiting.length === 0) onError("changes of the main database could not be put into the log", error);
      settle(
        () => true,
        (each) => each.reject(error),
      );
    } finally {
      isShipping = false;
    }
  }

  function settle(isMeant: (each: Waiting) => boolean, act: (each: Waiting) => void): void {
    const meant = waiting.filter(isMeant);
    waiting = waiting.filter((each) => !isMeant(each));
    for (const each of meant) act(each);
  }

  return {
    async shipped() {
      const upTo = replication.lastCaptured();
      if (upTo === null) return;
      if (isStopped) throw stopped();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting = [...waiting, { upTo, resolve, reject }];
      void ship();
      await promise;
    },
    poll: () => void ship(),
    stop() {
      isStopped = true;
      settle(
        () => true,
        (each) => each.reject(stopped()),
      );
    },
  };
}

function stopped(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "not_leading",
    message: "This node stopped leading the cluster before the change was in the cluster's log.",
    hint: "Check whether the change was made, and try again.",
    retryAfterSeconds: 5,
  });
}
