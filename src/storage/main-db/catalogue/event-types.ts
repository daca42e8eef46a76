/** Queries on the event types that owners of webhooks describe. */
import type { Database } from "bun:sqlite";

export const PUBLISH_CHECKS = ["off", "types", "schemas"] as const;

/** What published events must fit: nothing, the names of the types, or the types' schemas too. */
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
  createdAt: number;
  updatedAt: number;
}>;

/** As lists show it: a whole catalogue has megabytes of JSON. */
export type EventTypeSummary = Pick<EventTypeRow, "id" | "name" | "description"> &
  Readonly<{ hasSchema: boolean; hasExample: boolean }>;

export type EventTypeQueries = ReturnType<typeof createEventTypeQueries>;

const COLUMNS =
  "id, user_id AS userId, name, description, schema, example, created_at AS createdAt, updated_at AS updatedAt";

type Key = Readonly<{ userId: string; id: string }>;

export function createEventTypeQueries(db: Database) {
  const list = db.prepare<EventTypeRow, [string]>(
    `SELECT ${COLUMNS} FROM event_types WHERE user_id = ? ORDER BY name`,
  );
  const summaries = db.prepare<
    Pick<EventTypeRow, "id" | "name" | "description"> & { hasSchema: number; hasExample: number },
    [string]
  >(
    `SELECT id, name, description, schema IS NOT NULL AS hasSchema, example IS NOT NULL AS hasExample
     FROM event_types WHERE user_id = ? ORDER BY name`,
  );
  const find = db.prepare<EventTypeRow, [string, string]>(
    `SELECT ${COLUMNS} FROM event_types WHERE user_id = ? AND id = ?`,
  );
  const findNamed = db.prepare<EventTypeRow, [string, string]>(
    `SELECT ${COLUMNS} FROM event_types WHERE user_id = ? AND name = ?`,
  );
  const insert = db.prepare(
    `INSERT INTO event_types (id, user_id, name, description, schema, example, created_at, updated_at)
     VALUES ($id, $userId, $name, $description, $schema, $example, $createdAt, $updatedAt)`,
  );
  const update = db.prepare(
    `UPDATE event_types SET name = $name, description = $description, schema = $schema, example = $example,
       updated_at = $updatedAt WHERE id = $id AND user_id = $userId`,
  );
  const remove = db.prepare<unknown, [string, string]>(
    "DELETE FROM event_types WHERE user_id = ? AND id = ?",
  );
  const readCheck = db.prepare<{ publish_check: PublishCheck }, [string]>(
    "SELECT publish_check FROM event_type_checks WHERE user_id = ?",
  );
  const writeCheck = db.prepare<unknown, [string, string]>(
    `INSERT INTO event_type_checks (user_id, publish_check) VALUES (?, ?)
     ON CONFLICT (user_id) DO UPDATE SET publish_check = excluded.publish_check`,
  );
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
    insert(row: EventTypeRow): void {
      insert.run(row);
    },
    update({ createdAt: _createdAt, ...row }: EventTypeRow): void {
      update.run(row);
    },
    remove({ userId, id }: Key): void {
      remove.run(userId, id);
    },
    checkOf: (userId: string): PublishCheck => readCheck.get(userId)?.publish_check ?? "off",
    setCheck({ userId, check }: Readonly<{ userId: string; check: PublishCheck }>): void {
      writeCheck.run(userId, check);
    },
  };
}
