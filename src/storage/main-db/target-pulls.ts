/** When pull targets were pulled last, and which of them nobody pulls from. */
import type { Database } from "bun:sqlite";

export type TargetPullQueries = ReturnType<typeof createTargetPullQueries>;

type Idle = Readonly<{ id: string; webhookId: string }>;

const ACTIVE = "type = 'pull' AND active = 1 AND deleted_at IS NULL";

export function createTargetPullQueries(db: Database) {
  return {
    /** Milliseconds UTC; null: never. */
    findLast(targetId: string): number | null {
      const sql = "SELECT last_pull_at FROM target_pulls WHERE target_id = ?";
      return db.query<{ last_pull_at: number | null }, [string]>(sql).get(targetId)?.last_pull_at ?? null;
    },
    /** Stores when targets were pulled last, in one transaction. Ids of no target are ignored. */
    note(lastPulls: ReadonlyMap<string, number>): void {
      const upsert = db.prepare<unknown, [string, number]>(
        `INSERT INTO target_pulls (target_id, last_pull_at, idle_since)
         SELECT id, ?2, ?2 FROM targets WHERE id = ?1
         ON CONFLICT (target_id) DO UPDATE SET last_pull_at = excluded.last_pull_at, idle_since = excluded.idle_since`,
      );
      db.transaction(() => {
        for (const [targetId, at] of lastPulls) upsert.run(targetId, at);
      }).immediate();
    },
    /**
     * Returns the active pull targets that nobody has pulled from since `before`, each once. The time counts from the
     * first call that finds a target active, so that one that was imported or enabled again has all of it.
     */
    takeIdle({ now, before }: { now: number; before: number }): readonly Idle[] {
      const end = db.query(
        `UPDATE target_pulls SET idle_since = NULL
         WHERE idle_since IS NOT NULL AND target_id NOT IN (SELECT id FROM targets WHERE ${ACTIVE})`,
      );
      const begin = db.query<unknown, [number]>(
        `INSERT INTO target_pulls (target_id, idle_since) SELECT id, ? FROM targets WHERE ${ACTIVE}
         ON CONFLICT (target_id) DO UPDATE SET idle_since = excluded.idle_since WHERE idle_since IS NULL`,
      );
      const idle = db.query<Idle, [number]>(
        `SELECT t.id, t.webhook_id AS webhookId FROM target_pulls p JOIN targets t ON t.id = p.target_id
         WHERE p.idle_since < ? AND t.type = 'pull' AND t.active = 1 AND t.deleted_at IS NULL`,
      );
      const forget = db.query<unknown, [string]>(
        "UPDATE target_pulls SET idle_since = NULL WHERE target_id = ?",
      );
      return db
        .transaction(() => {
          end.run();
          begin.run(now);
          const taken = idle.all(before);
          for (const { id } of taken) forget.run(id);
          return taken;
        })
        .immediate();
    },
  };
}
