/** Queries on passkeys. */
import { and, eq } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { type PasskeyRow, passkeys } from "../tables.ts";

export type PasskeyQueries = ReturnType<typeof createPasskeyQueries>;

export function createPasskeyQueries(db: BunSQLiteDatabase) {
  return {
    /** Throws SQLITE_CONSTRAINT_PRIMARYKEY if the credential is stored already. */
    insert(row: PasskeyRow): void {
      db.insert(passkeys).values(row).run();
    },
    find(id: string): PasskeyRow | null {
      return db.select().from(passkeys).where(eq(passkeys.id, id)).get() ?? null;
    },
    /** Oldest first. */
    list(userId: string): PasskeyRow[] {
      return db
        .select()
        .from(passkeys)
        .where(eq(passkeys.userId, userId))
        .orderBy(passkeys.createdAt, passkeys.id)
        .all();
    },
    noteUse({ id, counter, at }: { id: string; counter: number; at: number }): void {
      db.update(passkeys).set({ counter, lastUsedAt: at }).where(eq(passkeys.id, id)).run();
    },
    /** Returns false if the user has no such passkey. */
    remove({ id, userId }: { id: string; userId: string }): boolean {
      return (
        db
          .delete(passkeys)
          .where(and(eq(passkeys.id, id), eq(passkeys.userId, userId)))
          .returning({ id: passkeys.id })
          .all().length > 0
      );
    },
  };
}
