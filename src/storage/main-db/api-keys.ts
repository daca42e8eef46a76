/** Queries on API keys; only the hash of a token is ever kept. */

import { and, eq, isNull, sql } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { type ApiKeyRow, apiKeys, users } from "./tables.ts";

export type ApiKeyQueries = ReturnType<typeof createApiKeyQueries>;

export function createApiKeyQueries(db: BunSQLiteDatabase) {
  // Read by every API request.
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
    /** Null when it is unknown or revoked, or its user is deleted or disabled. */
    findUsable(tokenHash: string): Pick<ApiKeyRow, "id" | "userId" | "lastUsedAt"> | null {
      return usable.get({ tokenHash }) ?? null;
    },
    /** Revoked ones too, in the order of their making. */
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
    /** False when there was none to revoke: unknown, another user's, or revoked before. */
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
