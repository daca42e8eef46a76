/** Puts the leader's changed rows into the log. */
import type { Applier } from "../../storage/cluster/applier.ts";
import type { Outbox } from "../../storage/cluster/outbox.ts";
import type { ShippedRows } from "../../storage/main-db/replication/row-change.ts";

export function createRowsAppend(deps: { outbox: Pick<Outbox, "putRecord">; reached: Applier["reached"] }) {
  const { outbox, reached } = deps;
  /** Resolves with the position once it is certain that all nodes apply the rows. */
  return (id: string, entries: readonly ShippedRows[]): Promise<number> =>
    new Promise((resolve, reject) => {
      // Applied by all alike once the reader has passed it; until then a claim before it would have it dropped.
      const stored = (position: number) => void reached(position).then(() => resolve(position));
      const waiter = { stored, applied: () => undefined, failed: reject };
      outbox
        .putRecord(
          id,
          entries.map((entry) => ({ entry, waiter })),
        )
        .catch(reject);
    });
}
