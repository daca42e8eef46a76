/** Makes an imported file the event file of its webhook, with no ids in it but that webhook's own. */
import type { Database } from "bun:sqlite";
import { closeSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { newId, newUnguessableId } from "../../lib/ids.ts";
import { PUBLISHED } from "../../settings/published-events.ts";
import { syncFolder } from "../folder/folder.ts";
import { changeFile } from "./change-file.ts";
import { EXPORT_TABLE } from "./webhook-file.ts";

/** Maps each id of the exported webhook's parts to its new id, which may be the same. */
export type IdChanges = Readonly<{
  targets: Readonly<Record<string, string>>;
  entrypoints: Readonly<Record<string, string>>;
}>;

/**
 * Adopts a file that `readWebhookFile` accepted, and that so has the newest schema. `to` must not exist: an event file
 * is never overwritten.
 */
export function adoptWebhookFile(options: { path: string; to: string; ids: IdChanges }): void {
  const { path, to, ids } = options;
  changeFile(path, (db) => {
    db.run(`DROP TABLE ${EXPORT_TABLE}`);
    // Unfinished replays are dropped: their filters name old ids, and the user who asked does not exist here.
    for (const table of ["replay_runs", "replay_targets"]) db.run(`DELETE FROM ${table}`);
    // A place in a cluster's log, even in this one's, would let entries be skipped.
    db.run("DELETE FROM log_position");
    db.run("CREATE TEMP TABLE new_ids (before TEXT PRIMARY KEY NOT NULL, after TEXT NOT NULL) STRICT");
    changeIds(db, { column: "target_id", known: ids.targets, another: newId });
    const entrypoints = { ...ids.entrypoints, [PUBLISHED]: PUBLISHED };
    changeIds(db, { column: "entrypoint_id", known: entrypoints, another: newUnguessableId });
    db.run("DROP TABLE new_ids");
  });
  closeSync(openSync(to, "wx", 0o600));
  try {
    renameSync(path, to);
  } catch (error) {
    rmSync(to, { force: true });
    throw error;
  }
  syncFolder(dirname(to));
}

/**
 * Gives every id that is not the webhook's own a new one that nobody has: ids of deleted parts, and others' ids in a
 * file that a stranger made. This includes ids that nobody has yet, as a later part could get them.
 */
function changeIds(
  db: Database,
  given: { column: string; known: Readonly<Record<string, string>>; another: () => string },
): void {
  const { column, known, another } = given;
  const tables = listTablesWith(db, column);
  const all = tables.map((table) => `SELECT ${column} AS id FROM ${table} WHERE ${column} IS NOT NULL`);
  const changes = new Map(Object.entries(known));
  const insert = db.prepare("INSERT INTO new_ids VALUES (?, ?)");
  for (const { id } of db.query<{ id: string }, []>(all.join(" UNION ")).all()) {
    const after = changes.get(id) ?? another();
    if (after !== id) insert.run(id, after);
  }
  for (const table of tables) {
    db.run(`UPDATE ${table} SET ${column} = (SELECT after FROM new_ids WHERE before = ${column})
      WHERE ${column} IN (SELECT before FROM new_ids)`);
  }
  db.run("DELETE FROM new_ids");
}

/** All tables that have the column: an id of a target or an entrypoint is always in a column of that name. */
function listTablesWith(db: Database, column: string): readonly string[] {
  return db
    .query<{ name: string }, [string]>(
      `SELECT m.name FROM main.sqlite_schema m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' AND c.name = ?`,
    )
    .all(column)
    .map(({ name }) => name);
}
