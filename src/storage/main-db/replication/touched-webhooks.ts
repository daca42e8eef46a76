/** Which webhooks a change of rows touches, for what the program keeps of them in memory and in files. */
import type { Database } from "bun:sqlite";
import type { Row, RowChange } from "./row-change.ts";

/** Tables that routing reads, with the webhook of the row that has this key. */
const WEBHOOK_OF: Readonly<Record<string, Readonly<{ key: string; sql: string }>>> = {
  webhooks: { key: "id", sql: "SELECT id FROM webhooks WHERE id = ?" },
  entrypoints: { key: "id", sql: "SELECT webhook_id AS id FROM entrypoints WHERE id = ?" },
  targets: { key: "id", sql: "SELECT webhook_id AS id FROM targets WHERE id = ?" },
  transformation_versions: { key: "target_id", sql: "SELECT webhook_id AS id FROM targets WHERE id = ?" },
};

export type TouchedWebhooks = Readonly<{
  changed: readonly string[];
  /** Those that came to be: inserted, or no longer marked as deleted. */
  created: readonly string[];
  /** Those that are marked as deleted now, or gone. */
  deleted: readonly string[];
}>;

/** Runs `act`, which makes the changes, and returns which webhooks they touched. */
export function touching(db: Database, changes: readonly RowChange[], act: () => void): TouchedWebhooks {
  const changed = new Set<string>();
  const find = () => {
    for (const change of changes) {
      const id = webhookOf(db, change);
      if (id !== null) changed.add(id);
    }
  };
  const live = db.query<{ id: string }, [string]>(
    "SELECT id FROM webhooks WHERE id = ? AND deleted_at IS NULL",
  );
  const isLive = (id: string) => live.get(id) !== null;
  find();
  const webhookIds = [...new Set(changes.filter(({ table }) => table === "webhooks").map(idOf))];
  const before = new Map(webhookIds.map((id) => [id, isLive(id)]));
  act();
  find();
  return {
    changed: [...changed],
    created: webhookIds.filter((id) => before.get(id) === false && isLive(id)),
    deleted: webhookIds.filter((id) => before.get(id) === true && !isLive(id)),
  };
}

function webhookOf(db: Database, change: RowChange): string | null {
  const of = WEBHOOK_OF[change.table];
  if (of === undefined) return null;
  return db.query<{ id: string }, [string]>(of.sql).get(String(rowOf(change)[of.key]))?.id ?? null;
}

function idOf(change: RowChange): string {
  return String(rowOf(change).id);
}

function rowOf(change: RowChange): Row {
  return "row" in change ? change.row : change.gone;
}

/** The webhooks that the rows say are there, and those that they say are deleted. */
export function webhooksIn(
  changes: readonly RowChange[],
): Readonly<{ live: readonly string[]; deleted: readonly string[] }> {
  // A webhook that is imported is made, and then marked as deleted, by one transaction.
  const isLive = new Map<string, boolean>();
  for (const change of changes) {
    if (change.table === "webhooks" && "row" in change)
      isLive.set(String(change.row.id), change.row.deleted_at === null);
  }
  const ids = [...isLive.keys()];
  return { live: ids.filter((id) => isLive.get(id)), deleted: ids.filter((id) => !isLive.get(id)) };
}
