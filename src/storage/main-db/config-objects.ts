/** Queries for files of configuration: the revision of what a user owns, and whether an entrypoint's id may be used. */
import type { Database } from "bun:sqlite";

/** "deleted": by the same user, who may have the URL again. */
export type EntrypointIdState = "free" | "deleted" | "taken";

export type ConfigObjectQueries = ReturnType<typeof createConfigObjectQueries>;

export function createConfigObjectQueries(db: Database) {
  const revision = db.prepare<{ revision: number }, [string]>(
    "SELECT revision FROM config_revisions WHERE user_id = ?",
  );
  const holder = db.prepare<{ user_id: string; is_gone: number }, [string]>(
    `SELECT w.user_id, e.deleted_at IS NOT NULL AS is_gone
     FROM entrypoints e JOIN webhooks w ON w.id = e.webhook_id WHERE e.id = ?`,
  );
  return {
    /** Grows with every change of the user's webhooks, their parts and members. */
    revisionOf: (userId: string): number => revision.get(userId)?.revision ?? 0,
    stateOfEntrypointId({ id, userId }: { id: string; userId: string }): EntrypointIdState {
      const row = holder.get(id);
      if (!row) return "free";
      return row.is_gone === 1 && row.user_id === userId ? "deleted" : "taken";
    },
    /**
     * Inserts webhooks that count as deleted, so that the next start removes their files if they are never inserted for
     * good.
     */
    reserveWebhooks({ ids, userId, at }: { ids: readonly string[]; userId: string; at: number }): void {
      const reserve = db.query<unknown, [string, string, number, number, number]>(
        "INSERT INTO webhooks (id, user_id, name, created_at, updated_at, deleted_at) VALUES (?, ?, '', ?, ?, ?)",
      );
      for (const id of ids) reserve.run(id, userId, at, at, at);
    },
    /** Makes room for the webhook itself, or ends a reservation whose file is gone. */
    dropReservedWebhook(id: string): void {
      db.query<unknown, [string]>("DELETE FROM webhooks WHERE id = ? AND deleted_at IS NOT NULL").run(id);
    },
    /** Makes room for an entrypoint with the id of one that the same user deleted. */
    dropDeletedEntrypoint({ id, userId }: { id: string; userId: string }): void {
      db.query<unknown, [string, string]>(
        `DELETE FROM entrypoints WHERE id = ? AND deleted_at IS NOT NULL
         AND webhook_id IN (SELECT id FROM webhooks WHERE user_id = ?)`,
      ).run(id, userId);
    },
  };
}
