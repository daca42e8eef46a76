/** Queries on sessions; the key is the hash of the browser's token. */

import { and, desc, eq, isNull, lte, ne, sql } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { type SessionRow, sessions, type UserRow, users } from "../tables.ts";

export type SessionQueries = ReturnType<typeof createSessionQueries>;

export function createSessionQueries(db: BunSQLiteDatabase) {
  // Prepared, as every page reads it.
  const one = db
    .select({ session: sessions, user: users })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(
      and(eq(sessions.idHash, sql.placeholder("idHash")), isNull(users.deletedAt), isNull(users.disabledAt)),
    )
    .prepare();
  return {
    insert(row: SessionRow): void {
      db.insert(sessions).values(row).run();
    },
    /** The session with its user, if the user is neither deleted nor disabled; the caller checks the expiry. */
    find(idHash: string): { session: SessionRow; user: UserRow } | null {
      return one.get({ idHash }) ?? null;
    },
    isEmpty(): boolean {
      return db.select({ idHash: sessions.idHash }).from(sessions).limit(1).get() === undefined;
    },
    list(userId: string): SessionRow[] {
      return db
        .select()
        .from(sessions)
        .where(eq(sessions.userId, userId))
        .orderBy(desc(sessions.lastSeenAt))
        .all();
    },
    /** Writes when many sessions were last seen, in one transaction. */
    touch(seen: readonly Pick<SessionRow, "idHash" | "lastSeenAt" | "expiresAt">[]): void {
      db.transaction((tx) => {
        for (const { idHash, ...values } of seen) {
          tx.update(sessions).set(values).where(eq(sessions.idHash, idHash)).run();
        }
      });
    },
    setVerified({ idHash, at }: { idHash: string; at: number }): void {
      db.update(sessions).set({ verifiedAt: at }).where(eq(sessions.idHash, idHash)).run();
    },
    delete({ idHash, userId }: { idHash: string; userId: string }): void {
      db.delete(sessions)
        .where(and(eq(sessions.idHash, idHash), eq(sessions.userId, userId)))
        .run();
    },
    deleteOthers(options: { userId: string; exceptIdHash: string }): void {
      db.delete(sessions)
        .where(and(eq(sessions.userId, options.userId), ne(sessions.idHash, options.exceptIdHash)))
        .run();
    },
    deleteExpired(now: number): void {
      db.delete(sessions).where(lte(sessions.expiresAt, now)).run();
    },
  };
}
