/** SQL on a webhook's events that a user saved under a name. */
import type { Database } from "bun:sqlite";

export type SavedQuery = Readonly<{ id: string; name: string; sql: string }>;

type Key = Readonly<{ userId: string; webhookId: string }>;

export type SavedQueryQueries = ReturnType<typeof createSavedQueryQueries>;

export function createSavedQueryQueries(db: Database) {
  const list = db.prepare<SavedQuery, [string, string]>(
    "SELECT id, name, sql FROM saved_queries WHERE user_id = ? AND webhook_id = ? ORDER BY name",
  );
  const save = db.prepare<unknown, [string, string, string, string, string, number]>(
    `INSERT INTO saved_queries (id, user_id, webhook_id, name, sql, created_at) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (user_id, webhook_id, name) DO UPDATE SET sql = excluded.sql`,
  );
  const remove = db.prepare<unknown, [string, string, string]>(
    "DELETE FROM saved_queries WHERE id = ? AND user_id = ? AND webhook_id = ?",
  );
  return {
    /** By name. */
    list: ({ userId, webhookId }: Key): readonly SavedQuery[] => list.all(userId, webhookId),
    /** Replaces the one of the same name. */
    save({ userId, webhookId, id, name, sql, at }: Key & SavedQuery & Readonly<{ at: number }>): void {
      save.run(id, userId, webhookId, name, sql, at);
    },
    /** Returns whether there was one. */
    remove: ({ userId, webhookId, id }: Key & Readonly<{ id: string }>): boolean =>
      remove.run(id, userId, webhookId).changes > 0,
  };
}
