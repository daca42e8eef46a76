/** Queries on entrypoints, always within their webhook; deleted ones are never found. */

import type { Database } from "bun:sqlite";
import { and, eq, isNull, sql } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { byMaking } from "./order.ts";
import { createRowStatements, type RowWrite } from "./row-statements.ts";
import { type EntrypointRow, entrypoints } from "./tables.ts";

export type EntrypointQueries = ReturnType<typeof createEntrypointQueries>;

type Key = { id: string; webhookId: string };
const CHANGEABLE = ["name", "active", "verification", "settings", "updatedAt", "key", "managedBy"] as const;
type Change = Pick<EntrypointRow, keyof Key | (typeof CHANGEABLE)[number]>;

/** `changed` is called with the webhook's id after every commit. */
export function createEntrypointQueries(
  { client, db }: Readonly<{ client: Database; db: BunSQLiteDatabase }>,
  changed: (webhookId: string) => void,
) {
  const live = isNull(entrypoints.deletedAt);
  const [id, ofParent] = [sql.placeholder("id"), eq(entrypoints.webhookId, sql.placeholder("webhookId"))];
  const one = db
    .select()
    .from(entrypoints)
    .where(and(eq(entrypoints.id, id), ofParent, live))
    .prepare();
  // Prepared, as the dashboard's list of webhooks runs it for each. Not sorted by SQLite, which costs ten times the
  // reading.
  const ofWebhook = db.select().from(entrypoints).where(and(ofParent, live)).prepare();
  const rows = createRowStatements(client, entrypoints, { key: ["id", "webhookId"], changeable: CHANGEABLE });
  const gone = client.prepare<unknown, [number, string, string]>(
    "UPDATE entrypoints SET deleted_at = ? WHERE id = ? AND webhook_id = ? AND deleted_at IS NULL",
  );

  function ready({ webhookId }: Pick<Key, "webhookId">, write: RowWrite): RowWrite {
    return () => {
      write();
      changed(webhookId);
    };
  }

  return {
    inserting: (row: EntrypointRow): RowWrite => ready(row, rows.insert(row)),
    updating: (row: Change): RowWrite => ready(row, rows.update(row)),
    find: ({ id, webhookId }: Key): EntrypointRow | null => one.get({ id, webhookId }) ?? null,
    /** Oldest first. */
    list(webhookId: string): EntrypointRow[] {
      return ofWebhook.all({ webhookId }).sort(byMaking);
    },
    softDelete({ id, webhookId, at }: Key & { at: number }): void {
      gone.run(at, id, webhookId);
      changed(webhookId);
    },
  };
}
