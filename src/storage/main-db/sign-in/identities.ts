/** Queries on users' accounts at providers of OpenID Connect. */
import { and, eq, isNotNull, isNull } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { type IdentityRow, identities, users } from "../tables.ts";

export type IdentityQueries = ReturnType<typeof createIdentityQueries>;

export function createIdentityQueries(db: BunSQLiteDatabase) {
  return {
    /** Throws SQLITE_CONSTRAINT_UNIQUE if the subject is linked already. */
    insert(row: IdentityRow): void {
      db.insert(identities).values(row).run();
    },
    find({ issuer, subject }: Pick<IdentityRow, "issuer" | "subject">): IdentityRow | null {
      return (
        db
          .select()
          .from(identities)
          .where(and(eq(identities.issuer, issuer), eq(identities.subject, subject)))
          .get() ?? null
      );
    },
    /** Oldest first. */
    list(userId: string): IdentityRow[] {
      return db
        .select()
        .from(identities)
        .where(eq(identities.userId, userId))
        .orderBy(identities.createdAt, identities.id)
        .all();
    },
    /** Ids of users who have one. */
    listUserIds(): string[] {
      return db
        .selectDistinct({ userId: identities.userId })
        .from(identities)
        .all()
        .map(({ userId }) => userId);
    },
    noteUse({ id, name, at }: { id: string; name: string; at: number }): void {
      db.update(identities).set({ name, lastUsedAt: at }).where(eq(identities.id, id)).run();
    },
    /** Whether an administrator who can still do so has signed in by this issuer. */
    hasLetInAdmin(issuer: string): boolean {
      const found = db
        .select({ id: identities.id })
        .from(identities)
        .innerJoin(users, eq(users.id, identities.userId))
        .where(
          and(
            eq(identities.issuer, issuer),
            isNotNull(identities.lastUsedAt),
            eq(users.role, "admin"),
            isNull(users.disabledAt),
            isNull(users.deletedAt),
          ),
        )
        .limit(1)
        .get();
      return found !== undefined;
    },
    remove({ id }: IdentityRow): void {
      db.delete(identities).where(eq(identities.id, id)).run();
    },
  };
}
