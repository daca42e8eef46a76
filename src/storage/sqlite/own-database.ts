/** Tells this program's databases from others' before anything is written to one. */
import type { Database } from "bun:sqlite";
import { AppError } from "../../lib/errors.ts";

/** "WHOK". Files created before the mark was introduced have none. */
export const APPLICATION_ID = 1464353864;

export const FOREIGN_DATABASE = "foreign_database";

/** `table` is a table that every database of this kind has had since its first version. */
type Own = Readonly<{ what: string; table: "events" | "webhooks" }>;

/** Throws AppError `unavailable` for a database that is neither new nor of the given kind. Only reads. */
export function refuseForeign(db: Database, { what, table }: Own): void {
  // Ignores the tables that Litestream adds to a database it replicates.
  const tables = db
    .query<{ name: string }, []>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('_litestream_seq', '_litestream_lock')",
    )
    .all();
  const head = db.query<{ id: number }, []>("SELECT application_id AS id FROM pragma_application_id").get();
  const isMarked = head?.id === APPLICATION_ID || head?.id === 0;
  const isNew = tables.length === 0 && readVersion(db) === 0;
  if (isMarked && (isNew || tables.some(({ name }) => name === table))) return;
  const reason = isMarked ? "required tables are missing" : "its application_id is another program's";
  throw new AppError({
    kind: "unavailable",
    code: FOREIGN_DATABASE,
    message: `The ${what} is a different or damaged database: ${reason}.`,
    hint: "Put the right file in its place, or restore it from a backup. The file was not changed.",
    retryAfterSeconds: 30,
  });
}

export function readVersion(db: Database): number {
  return db.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
}
