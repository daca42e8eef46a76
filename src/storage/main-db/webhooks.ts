/** Queries on webhooks; deleted ones are never found. */

import type { Database } from "bun:sqlite";
import { and, eq, gt, inArray, isNotNull, isNull, type Placeholder, type SQL, sql } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { createRowStatements, type RowWrite } from "./row-statements.ts";
import { type WebhookRow, webhooks } from "./tables.ts";

/** Where a webhook stands in the list. */
export type WebhookCursor = Pick<WebhookRow, "createdAt" | "id">;

const CHANGEABLE = [
  "name",
  "settings",
  "externalId",
  "eventsLostAt",
  "updatedAt",
  "key",
  "managedBy",
] as const;
type Change = Pick<WebhookRow, "id" | (typeof CHANGEABLE)[number]>;

export type WebhookQueries = ReturnType<typeof createWebhookQueries>;

/** `changed` is told the webhook's id after every commit. */
export function createWebhookQueries(
  { client, db }: Readonly<{ client: Database; db: BunSQLiteDatabase }>,
  changed: (webhookId: string) => void,
) {
  const live = isNull(webhooks.deletedAt);
  // Read several times by every page and API request.
  const one = db
    .select()
    .from(webhooks)
    .where(and(eq(webhooks.id, sql.placeholder("id")), live))
    .prepare();
  const external = db
    .select({ id: webhooks.id })
    .from(webhooks)
    .where(
      and(
        eq(webhooks.userId, sql.placeholder("userId")),
        eq(webhooks.externalId, sql.placeholder("externalId")),
        live,
      ),
    )
    .prepare();
  const names = db
    .select({
      id: webhooks.id,
      name: webhooks.name,
      eventsLostAt: webhooks.eventsLostAt,
      externalId: webhooks.externalId,
    })
    .from(webhooks)
    .where(and(isOpenTo(sql.placeholder("userId")), live))
    .orderBy(webhooks.createdAt, webhooks.id)
    .prepare();
  const rows = createRowStatements(client, webhooks, { key: ["id"], changeable: CHANGEABLE });
  const gone = client.prepare<unknown, [number, string]>(
    "UPDATE webhooks SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL",
  );
  const partsGone = ["entrypoints", "targets"].map((table) =>
    client.prepare<unknown, [number, string]>(
      `UPDATE ${table} SET deleted_at = ? WHERE webhook_id = ? AND deleted_at IS NULL`,
    ),
  );
  const peopleGone = ["members", "invitations"].map((table) =>
    client.prepare<unknown, [string]>(`DELETE FROM ${table} WHERE webhook_id = ?`),
  );

  function ready(id: string, write: RowWrite): RowWrite {
    return () => {
      write();
      changed(id);
    };
  }

  return {
    inserting: (row: WebhookRow): RowWrite => ready(row.id, rows.insert(row)),
    /** For a webhook whose row was reserved (see config-objects.ts). */
    insertingReserved: (row: WebhookRow): RowWrite => ready(row.id, rows.overwriteDeleted(row)),
    updating: (row: Change): RowWrite => ready(row.id, rows.update(row)),
    find(id: string): WebhookRow | null {
      return one.get({ id }) ?? null;
    },
    /** The id of the owner's webhook with that external id. */
    findIdByExternalId(of: { userId: string; externalId: string }): string | null {
      return external.get(of)?.id ?? null;
    },
    /** As `list`, without what takes time to read. */
    listNames(userId: string): Pick<WebhookRow, "id" | "name" | "eventsLostAt" | "externalId">[] {
      return names.all({ userId });
    },
    /** Those that the user owns or is a member of, in the order of their making. */
    list(userId: string): WebhookRow[] {
      return db
        .select()
        .from(webhooks)
        .where(and(isOpenTo(userId), live))
        .orderBy(webhooks.createdAt, webhooks.id)
        .all();
    },
    /** In the same order: at most `limit` of those behind `after`, which need not be there any more. */
    listPage(wanted: {
      userId: string;
      /** Only these; null: all. */
      only: readonly string[] | null;
      /** Only those with it; null: all. */
      externalId: string | null;
      after: WebhookCursor | null;
      limit: number;
    }): WebhookRow[] {
      const { userId, only, externalId, after, limit } = wanted;
      const { id, createdAt } = webhooks;
      const chosen = [
        only ? inArray(id, [...only]) : undefined,
        externalId === null ? undefined : eq(webhooks.externalId, externalId),
      ];
      const behind = after && sql`(${createdAt}, ${id}) > (${after.createdAt}, ${after.id})`;
      return db
        .select()
        .from(webhooks)
        .where(and(isOpenTo(userId), live, ...chosen, behind ?? undefined))
        .orderBy(createdAt, id)
        .limit(limit)
        .all();
    },
    /** Everybody's of a name. */
    listNamed(name: string): WebhookRow[] {
      return db
        .select()
        .from(webhooks)
        .where(and(eq(webhooks.name, name), live))
        .all();
    },
    /** Everybody's, for the work that goes over all event files. */
    listAll(): Pick<WebhookRow, "id" | "settings">[] {
      const { id, settings } = webhooks;
      return db
        .select({ id, settings })
        .from(webhooks)
        .where(live)
        .orderBy(webhooks.createdAt, webhooks.id)
        .all();
    },
    /** The one with the next id after that, of all people's; null if there is none. */
    findNext(after: string): Pick<WebhookRow, "id" | "name"> | null {
      const { id, name } = webhooks;
      return (
        db
          .select({ id, name })
          .from(webhooks)
          .where(and(gt(id, after), live))
          .orderBy(id)
          .limit(1)
          .get() ?? null
      );
    },
    /** Those whose event files must not be there any more. */
    listDeletedIds(): string[] {
      return db
        .select({ id: webhooks.id })
        .from(webhooks)
        .where(isNotNull(webhooks.deletedAt))
        .all()
        .map((row) => row.id);
    },
    noteEventsLost({ id, at }: { id: string; at: number }): void {
      db.update(webhooks).set({ eventsLostAt: at }).where(eq(webhooks.id, id)).run();
    },
    setOwner(change: { id: string; userId: string; at: number }): void {
      const { id, userId, at } = change;
      // The next owner may use the same key, and has files of their own.
      const own = { key: null, managedBy: null };
      db.update(webhooks)
        .set({ userId, updatedAt: at, ...own })
        .where(eq(webhooks.id, id))
        .run();
      changed(id);
    },
    /** Its entrypoints, targets, members and invitations go with it, in the caller's transaction. */
    softDelete({ id, at }: { id: string; at: number }): void {
      for (const each of peopleGone) each.run(id);
      for (const each of partsGone) each.run(at, id);
      gone.run(at, id);
      changed(id);
    },
  };
}

/** One index of webhooks and two of members answer this. */
function isOpenTo(userId: string | Placeholder): SQL {
  return sql`(${webhooks.userId} = ${userId} OR ${webhooks.id} IN (
    SELECT webhook_id FROM members WHERE user_id = ${userId}
    UNION ALL SELECT m.webhook_id FROM team_users t JOIN members m ON m.team_id = t.team_id
    WHERE t.user_id = ${userId}))`;
}
