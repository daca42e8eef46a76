/** Queries on entrypoints, always within their webhook; deleted ones are never found. */

import { and, eq, isNull, sql } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { byMaking } from "./order.ts";
import { type EntrypointRow, entrypoints } from "./tables.ts";

export type EntrypointQueries = ReturnType<typeof createEntrypointQueries>;

type Key = { id: string; webhookId: string };
type Change = Pick<
  EntrypointRow,
  "id" | "webhookId" | "name" | "active" | "verification" | "settings" | "updatedAt" | "key" | "managedBy"
>;

/** `changed` is called with the webhook's id after every commit. */
export function createEntrypointQueries(db: BunSQLiteDatabase, changed: (webhookId: string) => void) {
  const live = isNull(entrypoints.deletedAt);
  const at = ({ id, webhookId }: Key) =>
    and(eq(entrypoints.id, id), eq(entrypoints.webhookId, webhookId), live);
  // Prepared, as the dashboard's list of webhooks runs it for each. Not sorted by SQLite, which costs ten times the
  // reading.
  const ofWebhook = db
    .select()
    .from(entrypoints)
    .where(and(eq(entrypoints.webhookId, sql.placeholder("webhookId")), live))
    .prepare();
  return {
    insert(row: EntrypointRow): void {
      db.insert(entrypoints).values(row).run();
      changed(row.webhookId);
    },
    find(key: Key): EntrypointRow | null {
      return db.select().from(entrypoints).where(at(key)).get() ?? null;
    },
    /** Oldest first. */
    list(webhookId: string): EntrypointRow[] {
      return ofWebhook.all({ webhookId }).sort(byMaking);
    },
    update(row: Change): void {
      const { name, active, verification, settings, updatedAt, key, managedBy } = row;
      const values = { name, active, verification, settings, updatedAt, key, managedBy };
      db.update(entrypoints).set(values).where(at(row)).run();
      changed(row.webhookId);
    },
    softDelete(options: Key & { at: number }): void {
      db.update(entrypoints).set({ deletedAt: options.at }).where(at(options)).run();
      changed(options.webhookId);
    },
  };
}
