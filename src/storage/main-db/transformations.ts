/** The versions of targets' transformations: numbered from 1, never changed, and kept as long as their target. */
import type { Database } from "bun:sqlite";
import type { RowWrite } from "./row-statements.ts";
import type { TransformationVersionRow } from "./tables.ts";

export type TransformationQueries = ReturnType<typeof createTransformationQueries>;

const COLUMNS = "target_id AS targetId, version, code, created_at AS createdAt";

export function createTransformationQueries(db: Database) {
  const last = db.prepare<{ version: number }, [string]>(
    "SELECT coalesce(max(version), 0) AS version FROM transformation_versions WHERE target_id = ?",
  );
  const insert = db.prepare<unknown, [string, number, string, number]>(
    "INSERT INTO transformation_versions (target_id, version, code, created_at) VALUES (?, ?, ?, ?)",
  );
  const one = db.prepare<TransformationVersionRow, [string, number]>(
    `SELECT ${COLUMNS} FROM transformation_versions WHERE target_id = ? AND version = ?`,
  );
  const all = db.prepare<TransformationVersionRow, [string]>(
    `SELECT ${COLUMNS} FROM transformation_versions WHERE target_id = ? ORDER BY version DESC`,
  );
  return {
    /**
     * The number of a new version, and what adds it: throws SQLITE_CONSTRAINT if another one was added meanwhile. It is not in
     * use before the target's row names it.
     */
    adding(of: {
      targetId: string;
      code: string;
      at: number;
    }): Readonly<{ version: number; write: RowWrite }> {
      const version = (last.get(of.targetId)?.version ?? 0) + 1;
      return { version, write: () => void insert.run(of.targetId, version, of.code, of.at) };
    },
    find: (targetId: string, version: number): TransformationVersionRow | null => one.get(targetId, version),
    /** The latest first. */
    list: (targetId: string): TransformationVersionRow[] => all.all(targetId),
  };
}
