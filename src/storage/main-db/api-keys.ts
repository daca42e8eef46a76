/** Queries on API keys; only the hash of a token is ever stored. */

import { and, eq, isNull, sql } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { type ApiKeyRow, apiKeys, users } from "./tables.ts";

export type ApiKeyQueries = ReturnType<typeof createApiKeyQueries>;

export function createApiKeyQueries(db: BunSQLiteDatabase) {
  // Prepared, as every API request reads it.
  const usable = db
    .select({ id: apiKeys.id, userId: apiKeys.userId, lastUsedAt: apiKeys.lastUsedAt })
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
    /** Null if the key is unknown or revoked, or its user is deleted or disabled. */
    findUsable(tokenHash: string): Pick<ApiKeyRow, "id" | "userId" | "lastUsedAt"> | null {
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
    setLastUsed({ id, at }: { id: string; at: number }): void {
      db.update(apiKeys).set({ lastUsedAt: at }).where(eq(apiKeys.id, id)).run();
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
