/** Marks a place in the log at which nodes make digests of a webhook's event file. */
import type { Comparison } from "../../storage/cluster/entries.ts";
import type { Outbox } from "../../storage/cluster/outbox.ts";

export function createMark(outbox: Pick<Outbox, "put">) {
  /** Resolves with its position once this node's digest is begun. Rejects if another node leads by then. */
  return (comparison: Comparison): Promise<number> =>
    new Promise((resolve, reject) => {
      const applied = (position: unknown) => resolve(Number(position));
      outbox.put({ entry: comparison, waiter: { stored: () => undefined, applied, failed: reject } });
    });
}
