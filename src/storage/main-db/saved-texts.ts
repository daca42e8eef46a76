/** Queries on what a user saved under a name for a webhook: filters of its log, and SQL on its events. */
import type { Database } from "bun:sqlite";

/** The tables, and the column of each that has the text. */
const FIELDS = { saved_filters: "query", saved_queries: "sql" } as const;

type Table = keyof typeof FIELDS;

export type SavedText<Field extends string> = Readonly<{ id: string; name: string } & Record<Field, string>>;

/** `query`: as in the log's URL, without "?". */
export type SavedFilter = SavedText<(typeof FIELDS)["saved_filters"]>;
export type SavedQuery = SavedText<(typeof FIELDS)["saved_queries"]>;

type Key = Readonly<{ userId: string; webhookId: string }>;

export type SavedTextQueries<Saved> = Readonly<{
  /** By name. */
  list: (key: Key) => readonly Saved[];
  /** Replaces the one of the same name. */
  save: (row: Key & Readonly<{ id: string; name: string; text: string; at: number }>) => void;
  /** Returns whether there was one. */
  remove: (of: Key & Readonly<{ id: string }>) => boolean;
}>;

export function createSavedTextQueries<T extends Table>(
  db: Database,
  table: T,
): SavedTextQueries<SavedText<(typeof FIELDS)[T]>> {
  const field = FIELDS[table];
  const list = db.prepare<SavedText<(typeof FIELDS)[T]>, [string, string]>(
    `SELECT id, name, ${field} FROM ${table} WHERE user_id = ? AND webhook_id = ? ORDER BY name`,
  );
  const save = db.prepare<unknown, [string, string, string, string, string, number]>(
    `INSERT INTO ${table} (id, user_id, webhook_id, name, ${field}, created_at) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (user_id, webhook_id, name) DO UPDATE SET ${field} = excluded.${field}`,
  );
  const remove = db.prepare<unknown, [string, string, string]>(
    `DELETE FROM ${table} WHERE id = ? AND user_id = ? AND webhook_id = ?`,
  );
  return {
    list: ({ userId, webhookId }) => list.all(userId, webhookId),
    save({ userId, webhookId, id, name, text, at }) {
      save.run(id, userId, webhookId, name, text, at);
    },
    remove: ({ userId, webhookId, id }) => remove.run(id, userId, webhookId).changes > 0,
  };
}
