/** Finds entrypoints and targets by id or by name, in whichever webhook they are. */
import type { Database } from "bun:sqlite";

export type Part = Readonly<{
  kind: "entrypoint" | "target";
  id: string;
  webhookId: string;
  name: string;
}>;

export type NamedPartQueries = ReturnType<typeof createNamedPartQueries>;

/** Names compared in one search, a few milliseconds' worth. */
const MOST_COMPARED = 20_000;

type Row = Readonly<{ kind: "entrypoint" | "target"; id: string; webhook_id: string; name: string }>;

const partsOf = (kind: string) =>
  `SELECT '${kind}' AS kind, id, webhook_id, name FROM ${kind}s
    WHERE deleted_at IS NULL AND webhook_id IN (SELECT value FROM json_each(?1))`;

export function createNamedPartQueries(db: Database) {
  const byId = db.prepare<Row, [string]>(
    `SELECT 'entrypoint' AS kind, id, webhook_id, name FROM entrypoints WHERE id = ?1 AND deleted_at IS NULL
      UNION ALL SELECT 'target', id, webhook_id, name FROM targets WHERE id = ?1 AND deleted_at IS NULL`,
  );
  const byName = db.prepare<Row, [string, string, number]>(
    `SELECT * FROM (${partsOf("entrypoint")} UNION ALL ${partsOf("target")} LIMIT ${MOST_COMPARED})
      WHERE instr(lower(name), lower(?2)) > 0 LIMIT ?3`,
  );
  return {
    find(id: string): Part | null {
      const row = byId.get(id);
      return row && toPart(row);
    },
    /** Those whose name contains the text; ASCII letters match in either case. */
    listByName(wanted: { webhookIds: readonly string[]; text: string; limit: number }): readonly Part[] {
      const { webhookIds, text, limit } = wanted;
      return byName.all(JSON.stringify(webhookIds), text, limit).map(toPart);
    },
  };
}

function toPart({ kind, id, webhook_id: webhookId, name }: Row): Part {
  return { kind, id, webhookId, name };
}
