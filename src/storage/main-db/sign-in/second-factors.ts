/** Queries on authenticator apps and recovery codes. */
import { and, count, eq, lt } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { recoveryCodes, type SecondFactorRow, secondFactors } from "../tables.ts";

export type SecondFactorQueries = ReturnType<typeof createSecondFactorQueries>;

export function createSecondFactorQueries(db: BunSQLiteDatabase) {
  function replaceCodes(userId: string, hashes: readonly string[]): void {
    db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId)).run();
    for (const codeHash of hashes) db.insert(recoveryCodes).values({ userId, codeHash }).run();
  }

  return {
    find(userId: string): SecondFactorRow | null {
      return db.select().from(secondFactors).where(eq(secondFactors.id, userId)).get() ?? null;
    },
    listUserIds(): string[] {
      return db
        .select({ id: secondFactors.id })
        .from(secondFactors)
        .all()
        .map(({ id }) => id);
    },
    countCodes(userId: string): number {
      const row = db.select({ n: count() }).from(recoveryCodes).where(eq(recoveryCodes.userId, userId)).get();
      return row?.n ?? 0;
    },
    /** Replaces the user's app and codes. */
    put(row: SecondFactorRow, codeHashes: readonly string[]): void {
      db.transaction(() => {
        db.insert(secondFactors).values(row).onConflictDoUpdate({ target: secondFactors.id, set: row }).run();
        replaceCodes(row.id, codeHashes);
      });
    },
    replaceCodes(userId: string, hashes: readonly string[]): void {
      db.transaction(() => replaceCodes(userId, hashes));
    },
    /** Returns false if this step or a later one was taken before, also by another process. */
    takeStep(userId: string, step: number): boolean {
      const taken = db
        .update(secondFactors)
        .set({ lastStep: step })
        .where(and(eq(secondFactors.id, userId), lt(secondFactors.lastStep, step)))
        .returning({ id: secondFactors.id })
        .all();
      return taken.length > 0;
    },
    /** Returns false if there is no such code, or it was taken before. */
    takeCode(userId: string, codeHash: string): boolean {
      const taken = db
        .delete(recoveryCodes)
        .where(and(eq(recoveryCodes.userId, userId), eq(recoveryCodes.codeHash, codeHash)))
        .returning({ codeHash: recoveryCodes.codeHash })
        .all();
      return taken.length > 0;
    },
    /** Returns false if the user has none. */
    remove(userId: string): boolean {
      return db.transaction(() => {
        db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId)).run();
        return db.delete(secondFactors).where(eq(secondFactors.id, userId)).returning().all().length > 0;
      });
    },
  };
}
