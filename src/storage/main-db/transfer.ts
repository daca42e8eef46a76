/** A webhook's configuration as plain rows, to leave this main database and to come into another, whatever columns there are. */
import type { Database } from "bun:sqlite";

export const MOVED_TABLES = ["webhooks", "entrypoints", "targets"] as const;

export type MovedTable = (typeof MOVED_TABLES)[number];
export type PlainRow = Readonly<Record<string, string | number | null>>;
export type WebhookRows = Readonly<Record<MovedTable, readonly PlainRow[]>>;

/** "reclaimable" is an id of the user's that went with its webhook, which is deleted. */
export type StateOfId = (table: MovedTable, id: string, userId: string) => "free" | "taken" | "reclaimable";

type ReservedRows = WebhookRows & Readonly<{ webhookId: string }>;

export type MovingQueries = ReturnType<typeof createMovingQueries>;

/** `changed` is told the webhook's id after every commit. */
export function createMovingQueries(db: Database, changed: (webhookId: string) => void) {
  const isTaken = (table: MovedTable) =>
    db.prepare<{ user_id: string; is_gone: number }, [string]>(
      table === "webhooks"
        ? "SELECT user_id, 0 AS is_gone FROM webhooks WHERE id = ?"
        : `SELECT w.user_id, t.deleted_at IS NOT NULL AND w.deleted_at IS NOT NULL AS is_gone
             FROM ${table} t JOIN webhooks w ON w.id = t.webhook_id WHERE t.id = ?`,
    );

  function listColumns(table: MovedTable): readonly string[] {
    return db
      .query<{ name: string }, []>(`PRAGMA table_info(${table})`)
      .all()
      .map(({ name }) => name);
  }

  const stateOfId: StateOfId = (table, id, userId) => {
    const row = isTaken(table).get(id);
    if (!row) return "free";
    return row.is_gone === 1 && row.user_id === userId ? "reclaimable" : "taken";
  };

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
    /**
     * Inserts what `choose` returns, which is asked inside the transaction, so that nobody else can take the ids that
     * it finds free, and calls `check`, which may throw. Nobody sees the webhook before `reveal`: it counts as deleted,
     * and after a crash it is. Entrypoints of deleted webhooks make way for those of the same id.
     */
    reserve(choose: (stateOfId: StateOfId) => ReservedRows, check: (webhookId: string) => void, at: number) {
      return db
        .transaction(() => {
          const { webhookId, ...rows } = choose(stateOfId);
          for (const { id } of rows.entrypoints) {
            db.prepare(
              `DELETE FROM entrypoints WHERE id = ? AND deleted_at IS NOT NULL AND webhook_id IN
                (SELECT id FROM webhooks WHERE deleted_at IS NOT NULL)`,
            ).run(id ?? null);
          }
          for (const table of MOVED_TABLES) for (const row of rows[table]) insert(table, row);
          check(webhookId);
          db.prepare("UPDATE webhooks SET deleted_at = ? WHERE id = ?").run(at, webhookId);
          return webhookId;
        })
        .immediate();
    },
    reveal(webhookId: string): void {
      db.prepare("UPDATE webhooks SET deleted_at = NULL WHERE id = ?").run(webhookId);
      changed(webhookId);
    },
    /** Ends what was reserved and not revealed; `kept` are entrypoints that were the user's before. */
    withdraw(webhookId: string, kept: readonly string[], at: number): void {
      db.transaction(() => {
        db.prepare("DELETE FROM targets WHERE webhook_id = ?").run(webhookId);
        db.prepare(
          "DELETE FROM entrypoints WHERE webhook_id = ? AND id NOT IN (SELECT value FROM json_each(?))",
        ).run(webhookId, JSON.stringify(kept));
        db.prepare("UPDATE entrypoints SET deleted_at = ? WHERE webhook_id = ?").run(at, webhookId);
        // The webhook's row stays, deleted: its id may have been seen, and its file be on its way out.
        db.prepare("UPDATE webhooks SET deleted_at = ? WHERE id = ?").run(at, webhookId);
      }).immediate();
      changed(webhookId);
    },
    /** What a crash in the middle of an import has left counts as a deleted webhook's. For when none is under way. */
    endUnfinished(): void {
      db.transaction(() => {
        for (const table of ["targets", "entrypoints"]) {
          db.run(`UPDATE ${table} SET deleted_at = w.deleted_at FROM webhooks w
            WHERE w.id = ${table}.webhook_id AND w.deleted_at IS NOT NULL AND ${table}.deleted_at IS NULL`);
        }
      }).immediate();
    },
  };
}
