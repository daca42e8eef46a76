/** Queries on API keys; only the hash of a token is ever stored. */

import { and, eq, isNull, sql } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { type ApiKeyRow, apiKeys, users } from "./tables.ts";

/** A key's last use. */
export type ApiKeyUse = Readonly<{ id: string; at: number; from: string }>;

type UsableKey = Pick<ApiKeyRow, "id" | "userId" | "scopes" | "webhookIds" | "expiresAt">;

export type ApiKeyQueries = ReturnType<typeof createApiKeyQueries>;

export function createApiKeyQueries(db: BunSQLiteDatabase) {
  // Prepared, as every API request reads it.
  const usable = db
    .select({
      id: apiKeys.id,
      userId: apiKeys.userId,
      scopes: apiKeys.scopes,
      webhookIds: apiKeys.webhookIds,
      expiresAt: apiKeys.expiresAt,
    })
    .from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.userId))
    .where(
      and(
        eq(apiKeys.tokenHash, sql.placeholder("tokenHash")),
        isNull(apiKeys.revokedAt),
        isNull(users.deletedAt),
        isNull(users.disabledAt),
      ),
    )
    .prepare();
  return {
    insert(row: ApiKeyRow): void {
      db.insert(apiKeys).values(row).run();
    },
    /** Null if the key is unknown or revoked, or its user is deleted or disabled. The caller checks the expiry. */
    findUsable(tokenHash: string): UsableKey | null {
      return usable.get({ tokenHash }) ?? null;
    },
    /** All keys, revoked ones too, oldest first. */
    list({ userId }: { userId?: string | undefined }): ApiKeyRow[] {
      return db
        .select()
        .from(apiKeys)
        .where(userId === undefined ? undefined : eq(apiKeys.userId, userId))
        .orderBy(apiKeys.createdAt, apiKeys.id)
        .all();
    },
    /** Writes the last uses of many keys in one transaction. */
    setLastUsed(uses: readonly ApiKeyUse[]): void {
      db.transaction((tx) => {
        for (const { id, at, from } of uses) {
          tx.update(apiKeys).set({ lastUsedAt: at, lastUsedFrom: from }).where(eq(apiKeys.id, id)).run();
        }
      });
    },
    /** False if there was no key to revoke: it is unknown, another user's, or already revoked. */
    revoke(options: { id: string; userId?: string | undefined; at: number }): boolean {
      const revoked = db
        .update(apiKeys)
        .set({ revokedAt: options.at })
        .where(
          and(
            eq(apiKeys.id, options.id),
            isNull(apiKeys.revokedAt),
            options.userId === undefined ? undefined : eq(apiKeys.userId, options.userId),
          ),
        )
        .returning({ id: apiKeys.id })
        .all();
      return revoked.length > 0;
    },
  };
}
