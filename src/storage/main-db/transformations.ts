/** The versions of targets' transformations: numbered from 1, never changed, and kept as long as their target. */
import { and, desc, eq, max } from "drizzle-orm";
import type { BunSQLiteDatabase } from "drizzle-orm/bun-sqlite";
import { type TransformationVersionRow, transformationVersions as versions } from "./tables.ts";

export type TransformationQueries = ReturnType<typeof createTransformationQueries>;

export function createTransformationQueries(db: BunSQLiteDatabase) {
  return {
    /** Returns the new version's number. It is not in use before the target's row names it. */
    add({ targetId, code, at }: { targetId: string; code: string; at: number }): number {
      return db.transaction((tx) => {
        const last = tx
          .select({ version: max(versions.version) })
          .from(versions)
          .where(eq(versions.targetId, targetId))
          .get();
        const version = (last?.version ?? 0) + 1;
        tx.insert(versions).values({ targetId, version, code, createdAt: at }).run();
        return version;
      });
    },
    find(targetId: string, version: number): TransformationVersionRow | null {
      const isIt = and(eq(versions.targetId, targetId), eq(versions.version, version));
      return db.select().from(versions).where(isIt).get() ?? null;
    },
    /** The latest first. */
    list(targetId: string): TransformationVersionRow[] {
      return db
        .select()
        .from(versions)
        .where(eq(versions.targetId, targetId))
        .orderBy(desc(versions.version))
        .all();
    },
  };
}
