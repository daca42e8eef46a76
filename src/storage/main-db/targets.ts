/** Queries on targets, always within their webhook; deleted ones are never found here (see routing.ts). */

import { and, eq, isNull, sql } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { byMaking } from "./order.ts";
import { type TargetRow, targets } from "./tables.ts";

export type TargetQueries = ReturnType<typeof createTargetQueries>;

type Key = { id: string; webhookId: string };
type Changeable =
  | "name"
  | "active"
  | "config"
  | "policy"
  | "updatedAt"
  | "pausedAt"
  | "deactivatedReason"
  | "signing"
  | "transformationVersion"
  | "key"
  | "managedBy";
type Change = Pick<TargetRow, "id" | "webhookId" | Changeable>;

/** `changed` is called with the webhook's id after every commit. */
export function createTargetQueries(db: BunSQLiteDatabase, changed: (webhookId: string) => void) {
  const live = isNull(targets.deletedAt);
  const at = ({ id, webhookId }: Key) => and(eq(targets.id, id), eq(targets.webhookId, webhookId), live);
  // Prepared, as the dashboard's list of webhooks runs it for each. Not sorted by SQLite, which costs ten times the
  // reading.
  const ofWebhook = db
    .select()
    .from(targets)
    .where(and(eq(targets.webhookId, sql.placeholder("webhookId")), live))
    .prepare();
  return {
    insert(row: TargetRow): void {
      db.insert(targets).values(row).run();
      changed(row.webhookId);
    },
    find(key: Key): TargetRow | null {
      return db.select().from(targets).where(at(key)).get() ?? null;
    },
    /** Oldest first. */
    list(webhookId: string): TargetRow[] {
      return ofWebhook.all({ webhookId }).sort(byMaking);
    },
    update(row: Change): void {
      const { name, active, config, policy, updatedAt, pausedAt, deactivatedReason, signing } = row;
      const { transformationVersion, key, managedBy } = row;
      const state = { active, updatedAt, pausedAt, deactivatedReason };
      const values = { ...state, name, config, policy, signing, transformationVersion, key, managedBy };
      db.update(targets).set(values).where(at(row)).run();
      changed(row.webhookId);
    },
    /** Deactivation by the gateway itself; an inactive target keeps its reason. */
    deactivate(options: Key & { reason: string; at: number }): void {
      const values = { active: false, deactivatedReason: options.reason, updatedAt: options.at };
      db.update(targets)
        .set(values)
        .where(and(at(options), eq(targets.active, true)))
        .run();
      changed(options.webhookId);
    },
    softDelete(options: Key & { at: number }): void {
      db.update(targets).set({ deletedAt: options.at }).where(at(options)).run();
      changed(options.webhookId);
    },
  };
}
