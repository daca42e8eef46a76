/** Queries on the filters of a webhook's log that a user saved under a name. */
import type { Database } from "bun:sqlite";

export type SavedFilter = Readonly<{
  id: string;
  name: string;
  /** As in the log's URL, without "?". */
  query: string;
}>;

type Key = Readonly<{ userId: string; webhookId: string }>;

export type SavedFilterQueries = ReturnType<typeof createSavedFilterQueries>;

export function createSavedFilterQueries(db: Database) {
  const list = db.prepare<SavedFilter, [string, string]>(
    "SELECT id, name, query FROM saved_filters WHERE user_id = ? AND webhook_id = ? ORDER BY name",
  );
  const save = db.prepare<unknown, [string, string, string, string, string, number]>(
    `INSERT INTO saved_filters (id, user_id, webhook_id, name, query, created_at) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (user_id, webhook_id, name) DO UPDATE SET query = excluded.query`,
  );
  const remove = db.prepare<unknown, [string, string, string]>(
    "DELETE FROM saved_filters WHERE id = ? AND user_id = ? AND webhook_id = ?",
  );
  return {
    /** By name. */
    list: ({ userId, webhookId }: Key): readonly SavedFilter[] => list.all(userId, webhookId),
    /** Replaces the one of the same name. */
    save({ userId, webhookId, id, name, query, at }: Key & SavedFilter & Readonly<{ at: number }>): void {
      save.run(id, userId, webhookId, name, query, at);
    },
    /** Returns whether there was one. */
    remove: ({ userId, webhookId, id }: Key & Readonly<{ id: string }>): boolean =>
      remove.run(id, userId, webhookId).changes > 0,
  };
}
