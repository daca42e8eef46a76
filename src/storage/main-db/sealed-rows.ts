/** Re-encrypts every row that may hold sealed secrets, deleted rows too, in one transaction. */
import type { Database } from "bun:sqlite";
import type { PlainRow } from "./transfer.ts";

const TABLES = ["entrypoints", "targets", "second_factors"] as const;

export type SealedTable = (typeof TABLES)[number];
export type SealedRowQueries = ReturnType<typeof createSealedRowQueries>;

/** `changed` is called with the id of every webhook whose rows changed. */
export function createSealedRowQueries(db: Database, changed: (webhookId: string) => void) {
  function update(table: SealedTable, before: PlainRow, after: PlainRow): boolean {
    const columns = Object.keys(after).filter((column) => after[column] !== before[column]);
    if (columns.length === 0) return false;
    const set = columns.map((column) => `${column} = ?`).join(", ");
    const values = columns.map((column) => after[column] ?? null);
    db.prepare(`UPDATE ${table} SET ${set} WHERE id = ?`).run(...values, before.id ?? null);
    return true;
  }

  const list = (table: SealedTable): PlainRow[] => db.query<PlainRow, []>(`SELECT * FROM ${table}`).all();

  return {
    list,
    /** All or nothing: if `change` or `last` throws, every row stays as it was. */
    changeAll(change: (table: SealedTable, row: PlainRow) => PlainRow, last: () => void): void {
      const webhookIds = new Set<string>();
      db.transaction(() => {
        for (const table of TABLES) {
          for (const row of list(table)) {
            const isChanged = update(table, row, change(table, row));
            if (isChanged && typeof row.webhook_id === "string") webhookIds.add(row.webhook_id);
          }
        }
        last();
      }).immediate();
      for (const webhookId of webhookIds) changed(webhookId);
      // Old values may remain in the free space of pages, readable to anyone who has the old key.
      db.run("VACUUM");
    },
  };
}
