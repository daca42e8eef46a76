/** Queries on the event types that owners of webhooks describe. */
import type { Database } from "bun:sqlite";
import type { RowWrite } from "../row-statements.ts";

export const PUBLISH_CHECKS = ["off", "types", "schemas"] as const;

/** Conditions of published events: none, the names of the types, or the types' schemas too. */
export type PublishCheck = (typeof PUBLISH_CHECKS)[number];

export type EventTypeRow = Readonly<{
  id: string;
  userId: string;
  name: string;
  description: string;
  /** JSON; null: any. */
  schema: string | null;
  /** JSON; null: none. */
  example: string | null;
  /** "file": a file of configuration manages it. */
  managedBy: "file" | null;
  createdAt: number;
  updatedAt: number;
}>;

/** Events that are refused when they are published; a user without a row refuses none. */
export type CatalogueSettings = Readonly<{ check: PublishCheck; managedBy: "file" | null }>;

/** As lists show it: a whole catalogue has megabytes of JSON. */
export type EventTypeSummary = Pick<EventTypeRow, "id" | "name" | "description" | "managedBy"> &
  Readonly<{ hasSchema: boolean; hasExample: boolean }>;

export type EventTypeQueries = ReturnType<typeof createEventTypeQueries>;

const COLUMNS =
  "id, user_id AS userId, name, description, schema, example, managed_by AS managedBy, created_at AS createdAt, updated_at AS updatedAt";

type Key = Readonly<{ userId: string; id: string }>;

export function createEventTypeQueries(db: Database) {
  const list = db.prepare<EventTypeRow, [string]>(
    `SELECT ${COLUMNS} FROM event_types WHERE user_id = ? ORDER BY name`,
  );
  const summaries = db.prepare<
    Pick<EventTypeRow, "id" | "name" | "description" | "managedBy"> & {
      hasSchema: number;
      hasExample: number;
    },
    [string]
  >(
    `SELECT id, name, description, managed_by AS managedBy, schema IS NOT NULL AS hasSchema,
       example IS NOT NULL AS hasExample
     FROM event_types WHERE user_id = ? ORDER BY name`,
  );
  const find = db.prepare<EventTypeRow, [string, string]>(
    `SELECT ${COLUMNS} FROM event_types WHERE user_id = ? AND id = ?`,
  );
  const findNamed = db.prepare<EventTypeRow, [string, string]>(
    `SELECT ${COLUMNS} FROM event_types WHERE user_id = ? AND name = ?`,
  );
  const insert = db.prepare(
    `INSERT INTO event_types (id, user_id, name, description, schema, example, managed_by, created_at, updated_at)
     VALUES ($id, $userId, $name, $description, $schema, $example, $managedBy, $createdAt, $updatedAt)`,
  );
  const update = db.prepare(
    `UPDATE event_types SET name = $name, description = $description, schema = $schema, example = $example,
       managed_by = $managedBy, updated_at = $updatedAt WHERE id = $id AND user_id = $userId`,
  );
  const remove = db.prepare<unknown, [string, string]>(
    "DELETE FROM event_types WHERE user_id = ? AND id = ?",
  );
  const readCheck = db.prepare<{ publish_check: PublishCheck }, [string]>(
    "SELECT publish_check FROM event_type_checks WHERE user_id = ?",
  );
  const readSettings = db.prepare<CatalogueSettings, [string]>(
    'SELECT publish_check AS "check", managed_by AS managedBy FROM event_type_checks WHERE user_id = ?',
  );
  const writeSettings = db.prepare<unknown, [string, string, string | null]>(
    `INSERT INTO event_type_checks (user_id, publish_check, managed_by) VALUES (?, ?, ?)
     ON CONFLICT (user_id) DO UPDATE SET publish_check = excluded.publish_check, managed_by = excluded.managed_by`,
  );
  const removeSettings = db.prepare<unknown, [string]>("DELETE FROM event_type_checks WHERE user_id = ?");
  return {
    /** By name. */
    list: (userId: string): readonly EventTypeRow[] => list.all(userId),
    /** By name. */
    listSummaries: (userId: string): readonly EventTypeSummary[] =>
      summaries
        .all(userId)
        .map((row) => ({ ...row, hasSchema: row.hasSchema === 1, hasExample: row.hasExample === 1 })),
    find: ({ userId, id }: Key): EventTypeRow | null => find.get(userId, id),
    findNamed: ({ userId, name }: Readonly<{ userId: string; name: string }>): EventTypeRow | null =>
      findNamed.get(userId, name),
    inserting:
      (row: EventTypeRow): RowWrite =>
      () =>
        void insert.run(row),
    updating:
      ({ createdAt: _createdAt, ...row }: EventTypeRow): RowWrite =>
      () =>
        void update.run(row),
    deleting:
      ({ userId, id }: Key): RowWrite =>
      () =>
        void remove.run(userId, id),
    checkOf: (userId: string): PublishCheck => readCheck.get(userId)?.publish_check ?? "off",
    settingsOf: (userId: string): CatalogueSettings | null => readSettings.get(userId),
    setSettings({ userId, check, managedBy }: CatalogueSettings & Readonly<{ userId: string }>): void {
      writeSettings.run(userId, check, managedBy);
    },
    removeSettings(userId: string): void {
      removeSettings.run(userId);
    },
  };
}
