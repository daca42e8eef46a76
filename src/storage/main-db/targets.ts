/** Queries on targets, always within their webhook; deleted ones are never found here (see routing.ts). */

import type { Database } from "bun:sqlite";
import { and, eq, isNull, sql } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { byMaking } from "./order.ts";
import { createRowStatements, type RowWrite } from "./row-statements.ts";
import { type TargetRow, targets } from "./tables.ts";

export type TargetQueries = ReturnType<typeof createTargetQueries>;

type Key = { id: string; webhookId: string };
const CHANGEABLE = [
  "name",
  "active",
  "config",
  "policy",
  "updatedAt",
  "pausedAt",
  "deactivatedReason",
  "signing",
  "transformationVersion",
  "key",
  "managedBy",
] as const;
type Change = Pick<TargetRow, keyof Key | (typeof CHANGEABLE)[number]>;

/** `changed` is called with the webhook's id after every commit. */
export function createTargetQueries(
  { client, db }: Readonly<{ client: Database; db: BunSQLiteDatabase }>,
  changed: (webhookId: string) => void,
) {
  const live = isNull(targets.deletedAt);
  const [id, ofParent] = [sql.placeholder("id"), eq(targets.webhookId, sql.placeholder("webhookId"))];
  const one = db
    .select()
    .from(targets)
    .where(and(eq(targets.id, id), ofParent, live))
    .prepare();
  // Prepared, as the dashboard's list of webhooks runs it for each. Not sorted by SQLite, which costs ten times the
  // reading.
  const ofWebhook = db.select().from(targets).where(and(ofParent, live)).prepare();
  const rows = createRowStatements(client, targets, { key: ["id", "webhookId"], changeable: CHANGEABLE });
  const HERE = "id = ? AND webhook_id = ? AND deleted_at IS NULL";
  const deactivated = client.prepare<unknown, [string, number, string, string]>(
    `UPDATE targets SET active = 0, deactivated_reason = ?, updated_at = ? WHERE ${HERE} AND active = 1`,
  );
  const gone = client.prepare<unknown, [number, string, string]>(
    `UPDATE targets SET deleted_at = ? WHERE ${HERE}`,
  );

  function ready({ webhookId }: Pick<Key, "webhookId">, write: RowWrite): RowWrite {
    return () => {
      write();
      changed(webhookId);
    };
  }

  return {
    inserting: (row: TargetRow): RowWrite => ready(row, rows.insert(row)),
    updating: (row: Change): RowWrite => ready(row, rows.update(row)),
    find: ({ id, webhookId }: Key): TargetRow | null => one.get({ id, webhookId }) ?? null,
    /** Oldest first. */
    list(webhookId: string): TargetRow[] {
      return ofWebhook.all({ webhookId }).sort(byMaking);
    },
    /** Deactivation by the gateway itself; an inactive target keeps its reason. */
    deactivate({ id, webhookId, reason, at }: Key & { reason: string; at: number }): void {
      deactivated.run(reason, at, id, webhookId);
      changed(webhookId);
    },
    softDelete({ id, webhookId, at }: Key & { at: number }): void {
      gone.run(at, id, webhookId);
      changed(webhookId);
    },
  };
}
