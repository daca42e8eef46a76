/**
 * Reads and inserts a webhook's configuration as plain rows, whatever columns the tables have, for export and import.
 */
import type { Database } from "bun:sqlite";

const TRANSFER_TABLES = ["webhooks", "entrypoints", "targets"] as const;

/** The column in which an exported target's row carries the versions of its transformation, as JSON. */
const VERSIONS = "transformation_versions";

/** Columns of files of configuration, which know the objects of one server. */
const LEFT_OUT: ReadonlySet<string> = new Set(["key", "managed_by"]);

type TransferTable = (typeof TRANSFER_TABLES)[number];
export type PlainRow = Readonly<Record<string, string | number | null>>;
export type WebhookRows = Readonly<Record<TransferTable, readonly PlainRow[]>>;

/** "reclaimable": the user's own id, of a part that was deleted with its webhook. */
export type StateOfId = (
  table: TransferTable,
  id: string,
  userId: string,
) => "free" | "taken" | "reclaimable";

type ReservedRows = WebhookRows & Readonly<{ webhookId: string }>;

export type TransferQueries = ReturnType<typeof createTransferQueries>;

/** `changed` is called with the webhook's id after every commit. */
export function createTransferQueries(db: Database, changed: (webhookId: string) => void) {
  const isTaken = (table: TransferTable) =>
    db.prepare<{ user_id: string; is_gone: number }, [string]>(
      table === "webhooks"
        ? "SELECT user_id, 0 AS is_gone FROM webhooks WHERE id = ?"
        : `SELECT w.user_id, t.deleted_at IS NOT NULL AND w.deleted_at IS NOT NULL AS is_gone
             FROM ${table} t JOIN webhooks w ON w.id = t.webhook_id WHERE t.id = ?`,
    );

  function listColumns(table: TransferTable): readonly string[] {
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

  function insert(table: TransferTable, row: PlainRow): void {
    // The names come from a file: only the table's own columns become part of the statement.
    const columns = listColumns(table).filter((column) => row[column] !== undefined && !LEFT_OUT.has(column));
    const values = columns.map((column) => row[column] ?? null);
    const marks = columns.map(() => "?").join(", ");
    db.prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${marks})`).run(...values);
  }

  /** As a column of the target's row that its table does not have. */
  function withVersions(target: PlainRow): PlainRow {
    const versions = db
      .query<{ version: number; code: string; created_at: number }, [string]>(
        "SELECT version, code, created_at FROM transformation_versions WHERE target_id = ? ORDER BY version",
      )
      .all(String(target.id));
    return versions.length === 0 ? target : { ...target, [VERSIONS]: JSON.stringify(versions) };
  }

  function insertVersions({ id = null, [VERSIONS]: versions = null }: PlainRow): void {
    db.prepare(
      `INSERT INTO transformation_versions (target_id, version, code, created_at)
       SELECT ?, value ->> 'version', value ->> 'code', value ->> 'created_at' FROM json_each(?)`,
    ).run(id, versions ?? "[]");
  }

  return {
    schemaVersion(): number {
      return db.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
    },
    /** Without deleted entrypoints and targets. */
    read(webhookId: string): WebhookRows {
      const all = (table: TransferTable, column: string) =>
        db
          .query<PlainRow, [string]>(
            `SELECT * FROM ${table} WHERE ${column} = ? AND deleted_at IS NULL ORDER BY created_at, id`,
          )
          .all(webhookId)
          .map((row) => Object.fromEntries(Object.entries(row).filter(([column]) => !LEFT_OUT.has(column))));
      return {
        webhooks: all("webhooks", "id"),
        entrypoints: all("entrypoints", "webhook_id"),
        targets: all("targets", "webhook_id").map(withVersions),
      };
    },
    /**
     * Inserts the rows that `choose` returns and calls `check`, which may throw. `choose` runs inside the transaction,
     * so that nobody else can take the ids it finds free. The webhook counts as deleted until `reveal`, also after a
     * crash. Entrypoints of deleted webhooks give way to those with the same id.
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
          for (const table of TRANSFER_TABLES) for (const row of rows[table]) insert(table, row);
          for (const row of rows.targets) insertVersions(row);
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
    /** Undoes a reservation that was not revealed; `kept` are entrypoints that were the user's before. */
    withdraw(webhookId: string, kept: readonly string[], at: number): void {
      db.transaction(() => {
        db.prepare("DELETE FROM targets WHERE webhook_id = ?").run(webhookId);
        db.prepare(
          "DELETE FROM entrypoints WHERE webhook_id = ? AND id NOT IN (SELECT value FROM json_each(?))",
        ).run(webhookId, JSON.stringify(kept));
        db.prepare("UPDATE entrypoints SET deleted_at = ? WHERE webhook_id = ?").run(at, webhookId);
        // The webhook's row stays, deleted: its id may have been seen, and its file may still be being removed.
        db.prepare("UPDATE webhooks SET deleted_at = ? WHERE id = ?").run(at, webhookId);
      }).immediate();
      changed(webhookId);
    },
    /** Marks what a crash in the middle of an import left as deleted. Call only while no import is under way. */
    endUnfinished(): void {
      const ended = db
        .transaction(() =>
          ["targets", "entrypoints"].flatMap((table) =>
            db
              .query<{ webhook_id: string }, []>(
                `UPDATE ${table} SET deleted_at = w.deleted_at FROM webhooks w
                  WHERE w.id = ${table}.webhook_id AND w.deleted_at IS NOT NULL AND ${table}.deleted_at IS NULL
                  RETURNING webhook_id`,
              )
              .all(),
          ),
        )
        .immediate();
      // A node that followed has read them, and would look for deliveries to their targets.
      for (const id of new Set(ended.map((row) => row.webhook_id))) changed(id);
    },
  };
}
