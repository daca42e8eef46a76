/** A webhook's configuration as plain rows, to leave this main database and to come into another, whatever columns there are. */
import type { Database } from "bun:sqlite";

export const MOVED_TABLES = ["webhooks", "entrypoints", "targets"] as const;

export type MovedTable = (typeof MOVED_TABLES)[number];
export type PlainRow = Readonly<Record<string, string | number | null>>;
export type WebhookRows = Readonly<Record<MovedTable, readonly PlainRow[]>>;

export type MovingQueries = ReturnType<typeof createMovingQueries>;

/** `changed` is told the webhook's id after every commit. */
export function createMovingQueries(db: Database, changed: (webhookId: string) => void) {
  const isTaken = (table: MovedTable) =>
    db.prepare<{ user_id: string; is_gone: number }, [string]>(
      table === "webhooks"
        ? "SELECT user_id, 0 AS is_gone FROM webhooks WHERE id = ?"
        : `SELECT w.user_id, w.deleted_at IS NOT NULL AS is_gone
             FROM ${table} t JOIN webhooks w ON w.id = t.webhook_id WHERE t.id = ?`,
    );

  function listColumns(table: MovedTable): readonly string[] {
    return db
      .query<{ name: string }, []>(`PRAGMA table_info(${table})`)
      .all()
      .map(({ name }) => name);
  }

  function insert(table: MovedTable, row: PlainRow): void {
    // The names come from a file: only those that the table has become part of a statement.
    const columns = listColumns(table).filter((column) => row[column] !== undefined);
    const values = columns.map((column) => row[column] ?? null);
    const marks = columns.map(() => "?").join(", ");
    db.prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${marks})`).run(...values);
  }

  return {
    schemaVersion(): number {
      return db.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
    },
    /** Deleted entrypoints and targets stay behind. */
    read(webhookId: string): WebhookRows {
      const all = (table: MovedTable, column: string) =>
        db
          .query<PlainRow, [string]>(
            `SELECT * FROM ${table} WHERE ${column} = ? AND deleted_at IS NULL ORDER BY created_at, id`,
          )
          .all(webhookId);
      return {
        webhooks: all("webhooks", "id"),
        entrypoints: all("entrypoints", "webhook_id"),
        targets: all("targets", "webhook_id"),
      };
    },
    /** "reclaimable" is an id of the user's that went with its webhook, which is deleted. */
    stateOfId(table: MovedTable, id: string, userId: string): "free" | "taken" | "reclaimable" {
      const row = isTaken(table).get(id);
      if (!row) return "free";
      return row.is_gone === 1 && row.user_id === userId ? "reclaimable" : "taken";
    },
    /** All or nothing; entrypoints of deleted webhooks make way for those of the same id. */
    insert(webhookId: string, rows: WebhookRows): void {
      db.transaction(() => {
        for (const { id } of rows.entrypoints) {
          db.prepare(
            `DELETE FROM entrypoints WHERE id = ? AND webhook_id IN
              (SELECT id FROM webhooks WHERE deleted_at IS NOT NULL)`,
          ).run(id ?? null);
        }
        for (const table of MOVED_TABLES) for (const row of rows[table]) insert(table, row);
      }).immediate();
      changed(webhookId);
    },
    /** As if it had never come. */
    remove(webhookId: string): void {
      db.transaction(() => {
        for (const table of ["targets", "entrypoints"])
          db.prepare(`DELETE FROM ${table} WHERE webhook_id = ?`).run(webhookId);
        db.prepare("DELETE FROM webhooks WHERE id = ?").run(webhookId);
      }).immediate();
      changed(webhookId);
    },
  };
}
