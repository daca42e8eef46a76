/** How the applier hands rows of the main database on, and what it asks about webhooks. */
import type { RowChange } from "../main-db/replication/row-change.ts";

export type ConfigCopy = Readonly<{
  /** False at a spare: commands change nothing there, and who waits for one is answered once the log has it. */
  keepsFiles: boolean;
  /** False for a webhook that was deleted. */
  takesEntries: (webhookId: string) => boolean;
  /** Resolves once entries can be written to the webhook's file, which is fetched from another node; null if it is there. */
  writable: (webhookId: string) => Promise<void> | null;
  /**
   * Applies the rows of one transaction of the leader; resolves once event files have followed them. `filesThere` resolves
   * once those are there that come from other nodes; null if none does.
   */
  apply: (
    rows: readonly RowChange[],
    position: number,
  ) => Promise<Readonly<{ filesThere: Promise<unknown> | null }>>;
}>;
