/** Queries on users; deleted ones are never found. */

import { and, eq, isNull, sql } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { sessions, type UserRow, users } from "./tables.ts";

export type UserQueries = ReturnType<typeof createUserQueries>;

/** Ends what lets the user in: sessions, and links to a new password. */
function endAccess(db: Pick<BunSQLiteDatabase, "delete" | "run">, userId: string): void {
  db.delete(sessions).where(eq(sessions.userId, userId)).run();
  db.run(sql`DELETE FROM one_time_links WHERE user_id = ${userId} AND purpose = 'password'`);
}

export function createUserQueries(db: BunSQLiteDatabase) {
  const live = isNull(users.deletedAt);
  const one = db
    .select()
    .from(users)
    .where(and(eq(users.id, sql.placeholder("id")), live))
    .prepare();
  return {
    /** Throws SQLITE_CONSTRAINT_UNIQUE if the username is taken. */
    insert(row: UserRow): void {
      db.insert(users).values(row).run();
    },
    find: (id: string): UserRow | null => one.get({ id }) ?? null,
    findByUsername(username: string): UserRow | null {
      return (
        db
          .select()
          .from(users)
          .where(and(eq(users.username, username), live))
          .get() ?? null
      );
    },
    list(): UserRow[] {
      return db.select().from(users).where(live).orderBy(users.username).all();
    },
    isEmpty(): boolean {
      return db.select({ id: users.id }).from(users).where(live).limit(1).get() === undefined;
    },
    /** Null lets the user sign in again; a time also ends the user's sessions and links to a new password. */
    setDisabledAt(change: { id: string; disabledAt: number | null; at: number }): void {
      db.transaction((tx) => {
        tx.update(users)
          .set({ disabledAt: change.disabledAt, updatedAt: change.at })
          .where(eq(users.id, change.id))
          .run();
        if (change.disabledAt !== null) endAccess(tx, change.id);
      });
    },
    setRole(change: { id: string; role: UserRow["role"]; at: number }): void {
      db.update(users).set({ role: change.role, updatedAt: change.at }).where(eq(users.id, change.id)).run();
    },
    /** Also ends the user's sessions and links: whoever knew the old password must not stay signed in. */
    setPasswordHash(change: { id: string; passwordHash: string; at: number }): void {
      db.transaction((tx) => {
        tx.update(users)
          .set({ passwordHash: change.passwordHash, updatedAt: change.at })
          .where(eq(users.id, change.id))
          .run();
        endAccess(tx, change.id);
      });
    },
  };
}
